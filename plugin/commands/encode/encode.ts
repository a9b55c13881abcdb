import { gunzip } from "../../decode/gunzip.ts";
import { lines } from "../../decode/lines.ts";
import { openedLines } from "../../decode/opened_lines.ts";
import { peeked } from "../../decode/peeked.ts";
import { separatedRecords } from "../../decode/separated_records.ts";
import { HEAD_BYTES, isWrapped, unwrapped } from "../../decode/unwrapped.ts";
import {
  createEngine,
  type EngineModule,
  type EngineSettings,
  type UnknownName,
} from "../../encode/engine.ts";
import { ConfigError, DecodeError } from "../../errors.ts";
import { EncodingError, refuseUtf16 } from "../../text/text_encoding.ts";
import { type Explanation, explain } from "./explain.ts";

/** QRadar's own bound (docs/configuration.md, output.max_line_bytes). */
export const WIDEST_LINE = 32_000;

/** What `encode` may be told; the rest of the engine's settings keeps its default. */
export interface EncodeOptions {
  /** Default "leef". */
  readonly format?: EngineSettings["format"];
  /** Name for records that bring none of their own. Default: none. */
  readonly account?: string;
  /** Host of the syslog header. Default: "mimecast-" and the record's account, "mimecast" without one. */
  readonly hostname?: string;
  /** API generation of records that bring none of their own. Default "2.0". */
  readonly api?: EngineSettings["api"];
  /** Default 4096. */
  readonly maxLineBytes?: number;
}

/** Where the records come from and where the lines go. */
export interface EncodeStreams {
  /** One for each file, or standard input: plain or gzip, one record a line, or wrapped as Mimecast wraps them. `name` as messages show it. */
  readonly inputs: Iterable<{ readonly name: string; readonly pieces: AsyncIterable<Uint8Array> }>;
  /** Standard output. The bytes are good until the promise is settled. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What was encoded; each malformed record became a line too. */
export interface EncodeResult {
  readonly records: number;
  readonly malformed: number;
  /** What the mapping does not know. */
  readonly unknown: readonly UnknownName[];
}

/**
 * Turns stored records, JSON objects or key=value lines, into finished lines. Each record is recognized by itself. Throws
 * a `ConfigError` for a file that can't be unpacked: what came before it is written.
 */
export async function encode(
  engineModule: EngineModule,
  streams: EncodeStreams,
  options: EncodeOptions = {},
): Promise<EncodeResult> {
  const engine = createEngine(engineModule, settings(options));
  let records = 0;
  let malformed = 0;
  for (const { name, pieces } of streams.inputs) {
    engine.begin("auto");
    let read = 0;
    const unpacked = named(name, gunzip(pieces, { reuse: true }));
    for await (const block of named(name, recordLines(unpacked))) {
      for (const chunk of engine.encode(block)) {
        read = chunk.records;
        malformed += chunk.malformed;
        if (chunk.bytes.length > 0) await streams.write(chunk.bytes);
      }
    }
    engine.end();
    records += read;
  }
  return { records, malformed, unknown: engine.takeUnknown() };
}

/** Explains each record, as text for people or as one JSON object a line (`json`). */
export async function explainRecords(
  engineModule: EngineModule,
  streams: EncodeStreams,
  options: EncodeOptions,
  show: (explanation: Explanation, number: number) => string,
): Promise<void> {
  const leef = { ...settings(options), format: "leef" } as const;
  const engines = {
    engine: createEngine(engineModule, leef),
    wide: createEngine(engineModule, { ...leef, maxLineBytes: WIDEST_LINE }),
  };
  let number = 0;
  for (const { name, pieces } of streams.inputs) {
    const unpacked = named(name, gunzip(pieces, { reuse: true }));
    for await (const block of named(name, recordLines(unpacked))) {
      for (const record of Buffer.from(block).toString("latin1").split("\n")) {
        if (/^[\s\u00ef\u00bb\u00bf]*$/.test(record)) continue;
        const explained = explain(Buffer.from(record, "latin1"), engines);
        await streams.write(Buffer.from(show(explained, ++number)));
      }
    }
  }
}

/** Lines as they are; what is wrapped in a file, page, list or bundle, or printed over several lines, as lines. */
async function* recordLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peeked(copied(pieces), ({ length }) => length >= HEAD_BYTES);
  refusePacked(head);
  if (isWrapped(head)) yield* unwrapped(whole);
  else yield* openedLines(separatedRecords(lines(whole, { breaks: "any" })));
}

/** What encodes to nothing but malformed records: a file that is packed, or packed once more, or UTF-16. */
function refusePacked(head: Uint8Array): void {
  const start = Buffer.from(head.subarray(0, 8)).toString("latin1");
  const found = PACKED.find(([, signature]) => start.startsWith(signature));
  if (found !== undefined) {
    const [kind, , unpack] = found;
    throw new DecodeError(`it is packed with ${kind}`, {
      code: "packed",
      hint: `Unpack it before: ${unpack} FILE | mimecast-input encode`,
    });
  }
  try {
    refuseUtf16(head);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new DecodeError(cause.message, { code: "packed", cause, hint: cause.hint });
  }
}

/** Kind, first bytes, and what unpacks it. */
const PACKED = [
  ["zip", "PK\x03\x04", "unzip -p"],
  ["gzip, twice", "\x1f\x8b", "zcat"],
  ["xz", "\xfd7zXZ\0", "xz -dc"],
  ["bzip2", "BZh", "bzip2 -dc"],
  ["zstd", "\x28\xb5\x2f\xfd", "zstd -dc"],
] as const;

/** The beginning as copies: a piece is good until the next one only. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let taken = 0;
  for await (const piece of pieces) {
    yield taken < HEAD_BYTES ? piece.slice() : piece;
    taken += piece.length;
  }
}

/** What is wrong with a file of the command line is told with its name. */
async function* named<T>(name: string, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const reason = cause.message.replace(/^Cannot (?:unpack|read all records): /, "");
    throw new ConfigError(`Cannot read ${name}: ${reason}`, {
      code: "input",
      cause,
      hint:
        cause.hint ?? "Fetch the file again; the lines of what came before the damage are written",
    });
  }
}

function settings(options: EncodeOptions): EngineSettings {
  return {
    format: options.format ?? "leef",
    account: options.account ?? "",
    hostname: options.hostname ?? "",
    api: options.api ?? "2.0",
    maxLineBytes: options.maxLineBytes ?? 4096,
    delimiter: "^",
    leefVersion: "2.0",
    usrName: "internal",
    mapping: { rename: {}, drop: [], severity: {} },
  };
}
