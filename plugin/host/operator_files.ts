import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { codeOf, osReason, osRemedy } from "../disk/os_error.ts";
import { processSelf } from "../disk/own_path.ts";
import { distrust } from "../disk/trust.ts";
import { ConfigError } from "../errors.ts";
import { EncodingError, textOf } from "../text/text_encoding.ts";
import { readBounded } from "./read_bounded.ts";

/** Files that the operator names: every failure is a `ConfigError` that says which file, why, and what to do. */

/** The text of a file, and its permission bits (null where the system has none). */
export interface TextFile {
  readonly text: string;
  readonly mode: number | null;
  /** Why another user may have written it, as the end of "it …"; null if nobody else can. */
  readonly distrusted: string | null;
}

/** A file of the command line, code `file`. `action` is the verb of the message. */
export async function readNamedFile(path: string, action: string): Promise<string> {
  const { text } = await readText(path, (cause) => {
    return new ConfigError(`Cannot ${action} ${JSON.stringify(path)}: ${osReason(cause)}`, {
      code: "file",
      cause,
      hint: remedyOf(cause),
    });
  });
  return text;
}

/**
 * The configuration. Throws code `config_file`, and `config_untrusted` if another user could have written it, because it
 * says where credentials and events go.
 */
export async function readConfigFile(path: string): Promise<TextFile> {
  const file = await readText(path, (cause) => {
    const isAbsent = codeOf(cause) === "ENOENT";
    const hint = isAbsent
      ? "Name the file with --config or MIMECAST_INPUT_CONFIG, or make one: mimecast-input setup"
      : remedyOf(cause, "the configuration");
    return new ConfigError(`Cannot read config ${JSON.stringify(path)}: ${osReason(cause)}`, {
      code: "config_file",
      cause,
      hint,
    });
  });
  if (file.distrusted === null) return file;
  throw new ConfigError(`Cannot use config ${JSON.stringify(path)}: it ${file.distrusted}`, {
    code: "config_untrusted",
    hint: "Give the file to the user that runs the program, or to root, and let nobody else write it: chown USER FILE, chmod go-w FILE",
  });
}

/** The text of a PEM file that the configuration names as `key`. Code `pem_file`; `ca` or `client_cert` where it holds something else, `secret_mode` for a key that all can read. */
export async function readPem(path: string, key: string): Promise<string> {
  const { text, mode } = await readText(path, (cause) => {
    const message = `Cannot read "${key}", the file ${JSON.stringify(path)}: ${osReason(cause)}`;
    return new ConfigError(message, { code: "pem_file", cause, hint: remedyOf(cause) });
  });
  if (key.endsWith("key_file") && mode !== null && (mode & 0o007) !== 0) {
    const current = mode.toString(8).padStart(4, "0");
    throw new ConfigError(
      `Cannot use "${key}", the file ${JSON.stringify(path)}: it must not be accessible to everybody: current mode is ${current}`,
      { code: "secret_mode", hint: "Run: chmod o= FILE" },
    );
  }
  const [kind, begin] = key.endsWith("key_file")
    ? ["private key", "PRIVATE KEY-----"]
    : ["certificate", "-----BEGIN CERTIFICATE-----"];
  if (text.includes(begin)) return text;
  const message = `Cannot use "${key}", the file ${JSON.stringify(path)}: it holds no PEM ${kind}`;
  throw new ConfigError(message, {
    code: key.endsWith("ca_file") ? "ca" : "client_cert",
    hint: `Give the ${kind} as text that starts with -----BEGIN ${kind.toUpperCase()}-----`,
  });
}

/** A text that differs once the file at the path is replaced or changed. */
export async function fileStamp(path: string): Promise<string> {
  try {
    // Not lstat: Kubernetes replaces a link above the file (..data). ctime: also where a copy keeps the old mtime.
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return codeOf(error);
  }
}

/** The bytes of a file of the command line, code `input`. */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 });
  } catch (cause) {
    if (codeOf(cause) === "") throw cause;
    const message = `Cannot read ${JSON.stringify(path)}: ${osReason(cause)}`;
    throw new ConfigError(message, { code: "input", cause, hint: remedyOf(cause) });
  }
}

async function readText(path: string, failed: (cause: unknown) => Error): Promise<TextFile> {
  try {
    const { bytes, ...facts } = await readFacts(path);
    return { text: textOf(bytes), ...facts };
  } catch (cause) {
    throw failed(cause);
  }
}

async function readFacts(path: string): Promise<Omit<TextFile, "text"> & { bytes: Uint8Array }> {
  const { bytes, facts } = await readBounded(path, LARGEST_TEXT);
  const self = processSelf();
  // A pipe or a device (/dev/stdin) belongs to the user whose shell opened it.
  const distrusted = self === null || !facts.isFile() ? null : distrust(facts, self, false);
  const mode = process.platform === "win32" ? null : facts.mode & 0o777;
  return { bytes, mode, distrusted };
}

/** No configuration of a person's or a program's making is larger. */
const LARGEST_TEXT = 64 * 1024 * 1024;

function remedyOf(cause: unknown, what?: string): string | undefined {
  return cause instanceof EncodingError ? cause.hint : osRemedy(cause, "read", what);
}
