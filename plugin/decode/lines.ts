import { CR, LF } from "../text/char_code.ts";
/** The longest line: `lines` cuts a longer one there, so that the engine counts it as malformed. */
export const MAX_LINE_BYTES = 1_000_000;

/** The smallest block, except the last one. */
const BLOCK_BYTES = 64 * 1024;
/** Splits larger pieces of input into parts of this size, or of a line's limit if that is less. */
const PART_BYTES = 256 * 1024;

/** Options of `lines`. */
export interface LinesOptions {
  /** "lf": NDJSON. "any": CR, LF and CR LF end a line (key_value files of API 1.0). Default "lf". */
  readonly breaks?: "lf" | "any";
  readonly maxLineBytes?: number;
}

/**
 * Bytes in pieces of any size -> blocks of whole lines, each line ending in "\n"; the last line of the input
 * may lack its line break. Memory is bounded by a line and a block. A block is valid until the caller
 * asks for the next one; no piece is kept longer.
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  options: LinesOptions = {},
): AsyncGenerator<Uint8Array> {
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  const held = new HeldLines(maxLineBytes);
  const partBytes = Math.min(PART_BYTES, maxLineBytes);
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += partBytes) {
        const part = chunk.subarray(from, from + partBytes);
        held.push(options.breaks === "any" ? withLineFeeds(part) : part);
        if (held.wholeBytes < BLOCK_BYTES) continue;
        yield held.whole();
        held.dropWhole();
      }
    }
    held.end();
    if (held.wholeBytes > 0) yield held.whole();
  } finally {
    held.release();
  }
}

/** Buffers of finished files, for the next ones: V8 collects garbage of this size late. */
const spare: Uint8Array[] = [];
const MAX_SPARE = 2;
const BUFFER_BYTES = BLOCK_BYTES + PART_BYTES;

/** Holds the bytes that do not yet make a block, in one buffer for all blocks. A part is never longer than a line may be. */
class HeldLines {
  readonly #maxLineBytes: number;
  #buffer = spare.pop() ?? new Uint8Array(BUFFER_BYTES);
  #length = 0;
  /** Bytes up to the last line feed. */
  wholeBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  push(part: Uint8Array): void {
    const lineFeed = part.indexOf(LF);
    const end = lineFeed < 0 ? part.length : lineFeed;
    // Drops the part of the open line that is over the limit.
    const room = this.#maxLineBytes - (this.#length - this.wholeBytes);
    this.#append(part.subarray(0, Math.min(end, room)));
    this.#append(part.subarray(end));
  }

  #append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    const last = piece.lastIndexOf(LF);
    if (last >= 0) this.wholeBytes = this.#length + last + 1;
    this.#length = length;
  }

  whole(): Uint8Array {
    return this.#buffer.subarray(0, this.wholeBytes);
  }

  dropWhole(): void {
    this.#buffer.copyWithin(0, this.wholeBytes, this.#length);
    this.#length -= this.wholeBytes;
    this.wholeBytes = 0;
  }

  /** Gives the buffer back; no block is valid any more. */
  release(): void {
    const buffer = this.#buffer;
    this.#buffer = new Uint8Array(0);
    if (buffer.length === BUFFER_BYTES && spare.length < MAX_SPARE) spare.push(buffer);
  }

  end(): void {
    if (this.#length > this.wholeBytes) this.#append(Uint8Array.of(LF));
  }
}

/** A copy with every CR as LF: CR LF then gives a blank line, which is no record. */
function withLineFeeds(part: Uint8Array): Uint8Array {
  const copy = part.slice();
  for (let i = 0; i < copy.length; i++) if (copy[i] === CR) copy[i] = LF;
  return copy;
}
