import type { Config } from "../../config/config.ts";
import type { ShipperName } from "../../config/shipper.ts";
import { ConfigError } from "../../errors.ts";
import { PLACEHOLDER_HOST } from "../lint/address.ts";
import type { Expected } from "../lint/expected.ts";
import { expectedOf } from "../lint/expected.ts";
import { snippetSteps } from "./steps.ts";

/** What the block of a shipper is made of; the same for all of them. */
export interface SnippetSettings {
  /** Arguments of the program after `--once` or `--follow`. */
  readonly args: readonly string[];
  readonly expected: Expected;
  /** Sizes of the shipper's buffers for one line. */
  readonly lineRoomBytes: number;
  readonly host: string;
  readonly port: string;
  /** Folder of the shipper's buffer on disk; null: where syslog-ng keeps it by itself. */
  readonly bufferDir: string | null;
  /** How the block gets into the shipper: comment lines without their sign. */
  readonly steps: readonly string[];
  /** TLS to QRadar; `caFile`: who issued its certificate, null for the system's certificates. */
  readonly tls: { readonly caFile: string | null } | null;
}

/** What the command line of `snippet` says beside the configuration. */
export interface SnippetOptions {
  /** Absolute path of the configuration. */
  readonly configPath: string;
  readonly accounts: readonly string[];
  /** Null: a placeholder, which `lint` refuses. */
  readonly qradar: { readonly host: string; readonly port: number } | null;
  /** Instead of the shipper's usual folder for its buffer on disk. */
  readonly bufferDir: string | null;
  readonly tls: { readonly caFile: string | null } | null;
}

/** Where the packages of the shippers keep what must survive a restart; syslog-ng has one by itself. */
const BUFFER_DIR: Readonly<Record<ShipperName, string | null>> = {
  "fluent-bit": "/var/lib/fluent-bit/storage",
  vector: "/var/lib/vector",
  "syslog-ng": null,
};

const LEAST_LINE_ROOM = 65_536;

/** Texts that mean the same inside of every shipper's file and of a shell. */
const PLAIN = /^[A-Za-z0-9_./@%+=:,-]+$/;

/** The settings for a configuration. `steps` is made from the path of the configuration. */
export function snippetSettings(
  config: Pick<Config, "output" | "target" | "stateDir">,
  options: SnippetOptions,
  shipper: ShipperName,
  format: string,
): SnippetSettings {
  const expected = expectedOf(config);
  const accounts = options.accounts.flatMap((name) => ["--account", name]);
  return {
    args: ["--config", plain(options.configPath, "the configuration's path"), ...accounts],
    expected,
    lineRoomBytes:
      2 ** Math.ceil(Math.log2(Math.max(LEAST_LINE_ROOM, expected.longestLineBytes + 1024))),
    host: options.qradar?.host ?? PLACEHOLDER_HOST,
    port: String(options.qradar?.port ?? 514),
    bufferDir:
      options.bufferDir === null ? BUFFER_DIR[shipper] : plain(options.bufferDir, "--buffer"),
    steps: snippetSteps(shipper, format, {
      stateDir: config.stateDir,
      hasAddress: options.qradar !== null,
    }),
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
