import type { Config, Target } from "../../config/config.ts";
import type { ShipperName } from "../../config/shipper.ts";
import { ConfigError } from "../../errors.ts";
import { fluentBitClassicSnippet, fluentBitYamlSnippet } from "./fluent_bit.ts";
import { type SnippetOptions, type SnippetSettings, snippetSettings } from "./settings.ts";
import { syslogNgSnippet } from "./syslog_ng.ts";
import { vectorTomlSnippet, vectorYamlSnippet } from "./vector.ts";

/** The shippers of `snippet`, each with the formats of its configuration; the first is the default. */
export const SNIPPETS = {
  "fluent-bit": { yaml: fluentBitYamlSnippet, classic: fluentBitClassicSnippet },
  vector: { toml: vectorTomlSnippet, yaml: vectorYamlSnippet },
  "syslog-ng": { conf: syslogNgSnippet },
} as const satisfies Record<ShipperName, Record<string, (settings: SnippetSettings) => string>>;

/** The complete file for each shipper and target. */
const EXAMPLES: Readonly<Record<ShipperName, Readonly<Partial<Record<Target["kind"], string>>>>> = {
  "fluent-bit": {
    file: "config-examples/fluent-bit/file-input.yaml",
    http: "config-examples/fluent-bit/http-input.yaml",
    otlp: "config-examples/fluent-bit/otlp-input.yaml",
  },
  vector: {
    file: "config-examples/vector/file-source.toml",
    http: "config-examples/vector/http-server.toml",
    otlp: "config-examples/vector/otlp-source.toml",
  },
  "syslog-ng": { file: "config-examples/syslog-ng/file.conf" },
};

/** The block that runs this configuration in a shipper. Throws a `ConfigError` for a format that it has not. */
export function snippet(
  config: Pick<Config, "output" | "target" | "stateDir">,
  shipper: ShipperName,
  as: string | undefined,
  options: SnippetOptions,
): string {
  const formats: Readonly<Record<string, (settings: SnippetSettings) => string>> =
    SNIPPETS[shipper];
  const names = Object.keys(formats);
  const format = as ?? (names[0] as string);
  const write = formats[format];
  if (write === undefined) {
    throw new ConfigError(
      `Cannot write a block for ${shipper} as "${as}": it must be one of ${names.join(", ")}`,
      { code: "snippet_format" },
    );
  }
  if (config.target !== null) {
    throw new ConfigError(
      `Cannot write a block for ${shipper}: the configuration has "output.${config.target.kind}", so the shipper does not start the program`,
      {
        code: "snippet_http",
        hint: `Take ${EXAMPLES[shipper][config.target.kind] ?? "another shipper or target: this one has no such input"}`,
      },
    );
  }
  return write(snippetSettings(config, options, shipper, format));
}

/** Reads `host:port`, `[::1]:514`. Throws a `ConfigError`. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    throw new ConfigError(`Cannot use ${JSON.stringify(text)}: it must be host:port`, {
      code: "host_port",
      hint: "For example qradar.example.com:514, or [2001:db8::1]:6514",
    });
  }
  return { host: (match[1] as string).replace(/^\[|\]$/g, ""), port };
}
