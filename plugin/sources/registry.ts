import type { Api } from "../client/regions.ts";
import { ConfigError } from "../errors.ts";
import { nearestName } from "../text/nearest_name.ts";
import { cloudIntegrated } from "./siem/cloud_integrated.ts";
import { siemStreamV2 } from "./siem/siem_stream.ts";
import { siemV1 } from "./siem/siem_v1.ts";
import { siemV2 } from "./siem/siem_v2.ts";
import type { Source } from "./source.ts";
import { threatIntelV1, threatIntelV2 } from "./threat_intel.ts";
import { WINDOW_FEEDS } from "./window/feeds.ts";
import { windowSource } from "./window/window.ts";

const SOURCES: Readonly<Record<Api, readonly Source[]>> = {
  "1.0": [siemV1, ...windowSources("1.0"), threatIntelV1],
  "2.0": [siemV2, ...windowSources("2.0"), threatIntelV2, cloudIntegrated],
};

function windowSources(api: Api): readonly Source[] {
  return WINDOW_FEEDS.map((feed) => windowSource(api, feed));
}

/** All sources of an API generation, in the order of polling. */
export function sourcesFor(api: Api): readonly Source[] {
  return SOURCES[api];
}

/** The same, and the sources of other modes: every source that a stream of a checkpoint may belong to. */
export function sourcesOfAllModes(api: Api): readonly Source[] {
  return api === "2.0" ? [...SOURCES[api], siemStreamV2] : SOURCES[api];
}

/** How Mimecast delivers SIEM records: files of a quarter of an hour, or record by record. */
export type SourceMode = "batch" | "stream";

/** The source with this name. Throws a `ConfigError` if there is none. */
export function sourceNamed(api: Api, name: string, mode: SourceMode = "batch"): Source {
  if (mode === "stream" && api === "2.0" && name === "siem") return siemStreamV2;
  const found = SOURCES[api].find((source) => source.name === name);
  if (found !== undefined) return found;
  const names = SOURCES[api].map((source) => source.name);
  const near = nearestName(name, names);
  throw new ConfigError(`Cannot collect "${name}": API ${api} has no such source`, {
    code: "unknown_source",
    hint: near === undefined ? `Known sources: ${names.join(", ")}` : `Did you mean "${near}"?`,
  });
}
