import { stringify } from "yaml";
import type { Config } from "../../config/config.ts";
import type { ShipperName } from "../../config/shipper.ts";
import { ConfigError } from "../../errors.ts";
import { filledBlock } from "./block.ts";
import { FORMATS } from "./formats.ts";
import { type SnippetOptions, snippetFilling } from "./settings.ts";
import { snippetHead } from "./steps.ts";
import { EXAMPLES, exampleOutput, wayInto } from "./ways.ts";

/**
 * The block that brings the lines of this configuration into a shipper: the tested example, filled in. `examples`: the files of
 * config-examples/ by their path. Throws a `ConfigError` for a way or format that the shipper has not.
 */
export function snippet(
  examples: Readonly<Record<string, string>>,
  config: Pick<Config, "output" | "target" | "stateDir">,
  shipper: ShipperName,
  as: string | undefined,
  options: SnippetOptions,
): string {
  const way = wayInto(shipper, options.by ?? config.target?.kind);
  const formats = FORMATS[shipper];
  const names = Object.keys(formats);
  const format = as ?? (names[0] as string);
  const convert = formats[format];
  if (convert === undefined) {
    throw new ConfigError(
      `Cannot write a block for ${shipper} as "${as}": it must be one of ${names.join(", ")}`,
      { code: "snippet_format" },
    );
  }
  const example = examples[EXAMPLES[shipper][way] as string] as string;
  const isConfigured = (config.target?.kind ?? "exec") === way;
  const output = exampleOutput(example);
  const needed = isConfigured ? null : output === null ? "" : stringify({ output });
  const head = snippetHead(
    { shipper, way, format },
    { stateDir: config.stateDir, hasAddress: options.qradar !== null, needed },
  );
  return head + convert(filledBlock(example, shipper, snippetFilling(config, options, way)));
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
