import { BACKSLASH, CLOSE_OBJECT, LF, OPEN_OBJECT, QUOTE, SPACE } from "../text/char_code.ts";

/** What stands between two objects of one line; inside of a text it means nothing. */
const SEAMS = ["}{", "} {"].map((seam) => Buffer.from(seam));

/**
 * Blocks of whole lines in which every JSON object has a line of its own. A file that is put together of others, such as a
 * gzip file of several members, has two objects on one line where one of them lacks its last line break. A block is good
 * until the next one is asked for.
 */
export async function* separatedRecords(
  blocks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) {
    const text = Buffer.from(block.buffer, block.byteOffset, block.length);
    yield SEAMS.some((seam) => text.includes(seam)) ? withBreaks(text) : block;
  }
}

/** A copy with a line feed behind each object that another one follows. */
function withBreaks(block: Buffer): Uint8Array {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (let begin = 0; begin < block.length; ) {
    const lineFeed = block.indexOf(LF, begin);
    const end = lineFeed < 0 ? block.length : lineFeed;
    for (const seam of seamsOf(block.subarray(begin, end))) {
      pieces.push(block.subarray(from, begin + seam), Uint8Array.of(LF));
      from = begin + seam;
    }
    begin = end + 1;
  }
  return pieces.length === 0 ? block : Buffer.concat([...pieces, block.subarray(from)]);
}

/** Where objects of the line begin behind another one. None in a line that is not objects from its beginning. */
function seamsOf(line: Uint8Array): number[] {
  const found: number[] = [];
  let objects = 0;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === OPEN_OBJECT) {
      if (depth++ === 0 && objects++ > 0) found.push(at);
    } else if (byte === CLOSE_OBJECT) depth--;
    else if (byte === QUOTE) isText = true;
    else if (depth === 0 && byte !== SPACE) return found;
    if (depth < 0) return found;
  }
  return found;
}
