import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ConfigError } from "../../errors.ts";
import { csvCells } from "../../text/csv_cells.ts";
import { TEST_UID } from "../test_uid.ts";

/**
 * The ids in what was exported from QRadar, an archive or another SIEM: plain ids, CSV with or without a header, NDJSON,
 * or the raw lines themselves; also gzipped. The id of a line is the value of `eventUid` where that is named, else the only 32 hex
 * digits in it. A line with neither has none.
 */
export async function* uidsIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let column: number | null | undefined;
  for await (const line of linesOf(unpacked(bytes))) {
    // The first line says whether there are columns.
    if (column === undefined) {
      column = columnOf(line);
      if (column !== null) continue;
    }
    const uid = column === null ? uidOf(line) : uidOf(csvCells(line)[column] ?? "");
    if (uid !== null && !uid.startsWith(TEST_UID)) yield uid;
  }
}

/** Where a CSV header names the id: `eventUid`, or as the property is called in QRadar. Null: it is no such header. */
function columnOf(line: string): number | null {
  const at = csvCells(line).findIndex((cell) =>
    /^(mimecast )?(event[ _]?)?uid$/i.test(cell.trim()),
  );
  return at < 0 ? null : at;
}

/** The id of one line; null where it has none. */
export function uidOf(line: string): string | null {
  const named = NAMED.exec(line)?.[1];
  if (named !== undefined) return named.toLowerCase();
  const all = new Set([...line.matchAll(BARE)].map(([, uid = ""]) => uid.toLowerCase()));
  const [only] = all;
  return all.size === 1 && only !== undefined ? only : null;
}

/** In a LEEF line behind a delimiter, in JSON as a key, in both also escaped inside of another JSON text. */
const NAMED = /(?:[\^\t\s,{"\\]|^)eventUid\\?"?\s*[=:]\s*\\?"?([0-9a-fA-F]{32})(?![0-9a-zA-Z])/;
const BARE = /(?<![0-9a-zA-Z])([0-9a-fA-F]{32})(?![0-9a-zA-Z])/g;
/** Longer than any line of ours in any wrapping; what is longer is no export of lines. */
const LONGEST = 1 << 20;

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) {
      throw new ConfigError(`Cannot read the ids: a line is longer than ${LONGEST} characters`, {
        code: "uid_file",
        hint: "Export one event a line: CSV, NDJSON, raw lines or plain ids",
      });
    }
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Gzip by its first two bytes. */
async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = bytes[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) return;
  const all = (async function* () {
    yield first.value;
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
      yield next.value;
  })();
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isGzip) {
    yield* all;
    return;
  }
  try {
    yield* Readable.from(all).compose(createGunzip());
  } catch (error) {
    throw new ConfigError(`Cannot read the ids: the gzip is damaged: ${String(error)}`, {
      code: "uid_file",
      hint: "Export it again",
    });
  }
}
