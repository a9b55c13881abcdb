import type { Config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import type { Expected } from "../lint/expected.ts";
import { expectedOf } from "../lint/expected.ts";

/** What the block of a shipper is made of; the same for all of them. */
export interface SnippetSettings {
  /** Arguments of the program after `--once` or `--follow`. */
  readonly args: readonly string[];
  readonly expected: Expected;
  /** Sizes of the shipper's buffers for one line. */
  readonly lineRoomBytes: number;
  readonly host: string;
  readonly port: string;
  /** TLS to QRadar; `caFile`: who issued its certificate, null for the system's certificates. */
  readonly tls: { readonly caFile: string | null } | null;
}

/** What the command line of `snippet` says beside the configuration. */
export interface SnippetOptions {
  /** Absolute path of the configuration. */
  readonly configPath: string;
  readonly accounts: readonly string[];
  /** `host:port`; null: environment variables, as in config-examples/. */
  readonly qradar: { readonly host: string; readonly port: number } | null;
  readonly tls: { readonly caFile: string | null } | null;
}

const LEAST_LINE_ROOM = 65_536;

/** Texts that mean the same inside of every shipper's file and of a shell. */
const PLAIN = /^[A-Za-z0-9_./@%+=:,-]+$/;

/** The settings for a configuration. `variable` writes the name of an environment variable as the shipper does. */
export function snippetSettings(
  config: Pick<Config, "output" | "http">,
  options: SnippetOptions,
  variable: (name: string) => string,
): SnippetSettings {
  const expected = expectedOf(config);
  const accounts = options.accounts.flatMap((name) => ["--account", name]);
  return {
    args: ["--config", plain(options.configPath, "the configuration's path"), ...accounts],
    expected,
    lineRoomBytes:
      2 ** Math.ceil(Math.log2(Math.max(LEAST_LINE_ROOM, expected.longestLineBytes + 1024))),
    host: options.qradar?.host ?? variable("QRADAR_HOST"),
    port: options.qradar === null ? variable("QRADAR_PORT") : String(options.qradar.port),
    tls: options.tls && {
      caFile: options.tls.caFile === null ? null : plain(options.tls.caFile, "--ca"),
    },
  };
}

function plain(text: string, what: string): string {
  if (PLAIN.test(text)) return text;
  throw new ConfigError(
    `Cannot write a block with ${what} ${JSON.stringify(text)}: it must be made of letters, digits and _./@%+=:,-`,
    { code: "snippet_path", hint: "Give the file another name, or link to it" },
  );
}
