import { LF } from "../text/char_code.ts";
import { isWrapped, unwrapped } from "./unwrapped.ts";

/**
 * Blocks of whole lines, in which the records replace a line that wraps them in a file, page or bundle. A block is valid
 * until the caller asks for the next one.
 */
export async function* openedLines(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) {
    let from = 0;
    for (const line of wrappedLines(block)) {
      if (line.byteOffset > block.byteOffset + from)
        yield block.subarray(from, line.byteOffset - block.byteOffset);
      yield* unwrapped(once(line));
      from = line.byteOffset - block.byteOffset + line.length;
    }
    if (from === 0) yield block;
    else if (from < block.length) yield block.subarray(from);
  }
}

/** Finds candidates, because most blocks hold none: a list of objects after such a name, or at the beginning of a line. */
const WRAPPER =
  /^[ \t]{0,8}\[[ \t]{0,8}\{|"(?:data|value|objects|\w{0,40}Logs|logs)"\s{0,8}:\s{0,8}\[\s{0,8}\{/gm;

function* wrappedLines(block: Uint8Array): Generator<Uint8Array> {
  const text = Buffer.from(block.buffer, block.byteOffset, block.length).toString("latin1");
  let next = 0;
  for (const { index } of text.matchAll(WRAPPER)) {
    if (index < next) continue;
    const begin = text.lastIndexOf("\n", index) + 1;
    const end = block.indexOf(LF, index);
    next = end < 0 ? block.length : end + 1;
    const line = block.subarray(begin, next);
    if (isWrapped(line)) yield line;
  }
}

async function* once(line: Uint8Array): AsyncGenerator<Uint8Array> {
  yield line;
}
