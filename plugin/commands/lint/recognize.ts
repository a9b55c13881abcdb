import type { ShipperName } from "../../config/shipper.ts";
import { ConfigError } from "../../errors.ts";

/** The shippers and formats that lint knows. */
export type ShipperFormat =
  | "fluent-bit yaml"
  | "fluent-bit classic"
  | "vector toml"
  | "vector yaml"
  | "syslog-ng"
  | "rsyslog"
  | "otelcol";

/** Decided by what is in the file; its name only says whether it is TOML or YAML. Throws a `ConfigError`. */
export function recognize(text: string, fileName: string): ShipperFormat {
  if (/^\s*@version\s*:/m.test(text) || /^\s*(?:source|destination)\s+\S+\s*\{/m.test(text)) {
    return "syslog-ng";
  }
  if (/^\s*(?:module|input|action|ruleset|global)\s*\(\s*[\w.]+\s*=/im.test(text)) return "rsyslog";
  if (/^\s*\[(?:service|input|filter|output|parser)\]\s*$/im.test(text))
    return "fluent-bit classic";
  if (/^(?:receivers|exporters)\s*:/m.test(text)) return "otelcol";
  if (/^pipeline\s*:/m.test(text)) return "fluent-bit yaml";
  if (/^\s*\[{1,2}"?(?:sources|sinks|transforms)\b/m.test(text)) return "vector toml";
  if (/^(?:sources|sinks|transforms)\s*:/m.test(text)) return "vector yaml";
  if (/^(?:sources|sinks|transforms)\.\S+\s*=/m.test(text)) return "vector toml";
  if (/^(?:service|includes)\s*:/m.test(text)) return "fluent-bit yaml";
  if (/^@include\s/im.test(text)) return "fluent-bit classic";
  throw new ConfigError(
    `Cannot lint ${JSON.stringify(fileName)}: it is no configuration of Fluent Bit, Vector, syslog-ng, rsyslog or the OpenTelemetry Collector`,
    { code: "lint_unknown", hint: "Name the file that holds the input block" },
  );
}

/** The shipper of a format. */
export function shipperOf(format: ShipperFormat): ShipperName {
  return format.split(" ")[0] as ShipperName;
}
