import { DecodeError } from "../errors.ts";
import { LF, OPEN_OBJECT } from "../text/char_code.ts";
import { lines, MAX_LINE_BYTES } from "./lines.ts";
import { separatedRecords } from "./separated_records.ts";

/** How many bytes wait until the first record appears. */
const MAX_HELD_BYTES = 2 * MAX_LINE_BYTES;

/**
 * Blocks of NDJSON, one record on each line. Among records, the engine counts lines that are none; a file that begins
 * with two megabytes of such lines, or has nothing else, is a `DecodeError` (code `not_records`).
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isKnown = false;
  for await (const block of separatedRecords(lines(chunks))) {
    isKnown ||= holdsRecord(block);
    if (isKnown) {
      yield* held;
      held = [];
      yield block;
      continue;
    }
    // A block is valid only until the next one.
    held.push(block.slice());
    heldBytes += block.length;
    if (heldBytes > MAX_HELD_BYTES) throw notRecords();
  }
  if (held.some((block) => block.some((byte) => byte > 0x20))) throw notRecords();
}

/** True if a line begins like an object. */
function holdsRecord(block: Uint8Array): boolean {
  for (let at = 0; ; ) {
    while ((block[at] as number) <= 0x20) at++;
    if (block[at] === OPEN_OBJECT) return true;
    const end = block.indexOf(LF, at);
    if (end < 0) return false;
    at = end + 1;
  }
}

function notRecords(): DecodeError {
  return new DecodeError("Cannot read the file: none of its lines is a JSON object", {
    code: "not_records",
    hint: "A proxy or gateway may have answered instead of Mimecast's storage",
  });
}
