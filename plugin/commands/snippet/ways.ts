import { parse } from "yaml";
import type { ShipperName } from "../../config/shipper.ts";
import { ConfigError } from "../../errors.ts";
import type { Way } from "../lint/expected.ts";

/** The tested file of config-examples/ for each shipper and way into it; the first way is the default. */
export const EXAMPLES: Readonly<Record<ShipperName, Readonly<Partial<Record<Way, string>>>>> = {
  "fluent-bit": {
    exec: "fluent-bit/fluent-bit.yaml",
    file: "fluent-bit/file-input.yaml",
    http: "fluent-bit/http-input.yaml",
    otlp: "fluent-bit/otlp-input.yaml",
  },
  vector: {
    exec: "vector/vector.toml",
    file: "vector/file-source.toml",
    http: "vector/http-server.toml",
    otlp: "vector/otlp-source.toml",
  },
  "syslog-ng": { exec: "syslog-ng/syslog-ng.conf", file: "syslog-ng/file.conf" },
  rsyslog: { file: "rsyslog/rsyslog.conf" },
  otelcol: {
    otlp: "opentelemetry-collector/otlp.yaml",
    file: "opentelemetry-collector/file.yaml",
  },
};

/** All ways into a shipper. */
export const WAYS = Object.keys(EXAMPLES["fluent-bit"]) as readonly Way[];

/** The way that is wanted, else the first one of the shipper. Throws a `ConfigError` for one that it has not. */
export function wayInto(shipper: ShipperName, wanted: Way | undefined): Way {
  const ways = Object.keys(EXAMPLES[shipper]) as Way[];
  const way = wanted ?? (ways[0] as Way);
  if (ways.includes(way)) return way;
  throw new ConfigError(
    `Cannot bring lines into ${shipper} by "${way}": it must be one of ${ways.join(", ")}`,
    {
      code: "shipper_way",
      hint: `Give --by ${ways.join(" or --by ")}, or name another shipper`,
    },
  );
}

/** What our configuration needs as `output` for an example: its head says so. Null where the shipper starts the program. */
export function exampleOutput(example: string): Readonly<Record<string, unknown>> | null {
  const lines = /^# {3}output:\n(?:# {5}.*\n)+/m.exec(example)?.[0];
  return lines === undefined ? null : parse(lines.replaceAll(/^# {3}/gm, "")).output;
}
