import type { Api } from "../client/regions.ts";
import { ConfigError } from "../errors.ts";
import { nearestName } from "../text/nearest_name.ts";
import { cloudIntegrated } from "./siem/cloud_integrated.ts";
import { siemStreamV2 } from "./siem/siem_stream.ts";
import { siemV1 } from "./siem/siem_v1.ts";
import { siemV2 } from "./siem/siem_v2.ts";
import type { Source } from "./source.ts";
import { threatIntelV1, threatIntelV2 } from "./threat_intel.ts";
import { archiveSearchV1, archiveSearchV2 } from "./window/archive_search.ts";
import { archiveViewV1, archiveViewV2 } from "./window/archive_view.ts";
import { auditV1, auditV2 } from "./window/audit.ts";
import { dlpV1, dlpV2 } from "./window/dlp.ts";
import { heldReleaseV1, heldReleaseV2 } from "./window/held_release.ts";
import { rejectionsV1, rejectionsV2 } from "./window/rejections.ts";
import { ttpAttachmentV1, ttpAttachmentV2 } from "./window/ttp_attachment.ts";
import { ttpImpersonationV1, ttpImpersonationV2 } from "./window/ttp_impersonation.ts";
import { ttpUrlV1, ttpUrlV2 } from "./window/ttp_url.ts";

const SOURCES: Readonly<Record<Api, readonly Source[]>> = {
  "1.0": [
    siemV1,
    auditV1,
    ttpImpersonationV1,
    ttpUrlV1,
    ttpAttachmentV1,
    dlpV1,
    rejectionsV1,
    heldReleaseV1,
    archiveSearchV1,
    archiveViewV1,
    threatIntelV1,
  ],
  "2.0": [
    siemV2,
    auditV2,
    ttpImpersonationV2,
    ttpUrlV2,
    ttpAttachmentV2,
    dlpV2,
    rejectionsV2,
    heldReleaseV2,
    archiveSearchV2,
    archiveViewV2,
    threatIntelV2,
    cloudIntegrated,
  ],
};

/** All sources of an API generation, in the order in which they are polled. */
export function sourcesFor(api: Api): readonly Source[] {
  return SOURCES[api];
}

/** The same, and those that are collected in another mode: whatever a stream of a checkpoint may belong to. */
export function sourcesOfAllModes(api: Api): readonly Source[] {
  return api === "2.0" ? [...SOURCES[api], siemStreamV2] : SOURCES[api];
}

/** How Mimecast hands SIEM records out: files of a quarter of an hour, or record by record. */
export type SourceMode = "batch" | "stream";

/** The source with this name. The configuration has checked it already: no such source is a `ConfigError`. */
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
