import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../errors.ts";
import { PLACEHOLDER_HOST } from "../lint/address.ts";
import { expectedOf, roomFor, type Way } from "../lint/expected.ts";
import type { Filling } from "./block.ts";

/** What the command line of `snippet` says beside the configuration. */
export interface SnippetOptions {
  /** Absolute path of the configuration. */
  readonly configPath: string;
  readonly accounts: readonly string[];
  /** How lines get into the shipper; absent: as the configuration has it, else the shipper's first way. */
  readonly by?: Way | undefined;
  /** Null: a placeholder, which `lint` refuses. */
  readonly qradar: { readonly host: string; readonly port: number } | null;
  /** Instead of the shipper's usual folder for its buffer on disk. */
  readonly bufferDir: string | null;
  readonly tls: { readonly caFile: string | null } | null;
}

/** Texts that mean the same inside of every shipper's file and of a shell. */
const PLAIN = /^[A-Za-z0-9_./@%+=:,-]+$/;

/** What the example is filled in with. What `way` has to know of the target comes from the configuration if it has that target. */
export function snippetFilling(
  config: Pick<Config, "output" | "target">,
  options: SnippetOptions,
  way: Way,
): Filling {
  const target = config.target?.kind === way ? config.target : null;
  const expected = expectedOf({ output: config.output, target });
  const accounts = options.accounts.flatMap((name) => ["--account", name]);
  const { qradar, bufferDir, tls } = options;
  const url = target === null || target.kind === "file" ? null : new URL(target.url);
  return {
    args: ["--config", plain(options.configPath, "the configuration's path"), ...accounts],
    expected: { ...expected, path: expected.path && plain(expected.path, "output.file.path") },
    lineRoomBytes: roomFor(expected),
    host: qradar?.host ?? PLACEHOLDER_HOST,
    port: String(qradar?.port ?? 514),
    bufferDir: bufferDir === null ? null : plain(bufferDir, "--buffer"),
    inputPort: url && (url.port || (url.protocol === "https:" ? "443" : "80")),
    tls: tls && { caFile: tls.caFile === null ? null : plain(tls.caFile, "--ca") },
  };
}

function plain(text: string, what: string): string {
  if (PLAIN.test(text)) return text;
  throw new ConfigError(
    `Cannot write a block with ${what} ${JSON.stringify(text)}: it must be made of letters, digits and _./@%+=:,-`,
    { code: "snippet_path", hint: "Give the file another name, or link to it" },
  );
}
