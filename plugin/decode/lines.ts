/** A line longer than this is cut there and handed on as one line, so that the engine counts it as malformed. */
export const MAX_LINE_BYTES = 1_000_000;

/** Blocks are at least this large, but for the last one. */
const BLOCK_BYTES = 64 * 1024;
/** Larger pieces of input are taken in parts of this size, or of a line's limit if that is less. */
const PART_BYTES = 256 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/** Options of `lines`. */
export interface LinesOptions {
  /** "lf": NDJSON. "any": CR, LF and CR LF end a line (key_value files of API 1.0). Default "lf". */
  readonly breaks?: "lf" | "any";
  readonly maxLineBytes?: number;
}

/**
 * Bytes in pieces of any size -> blocks of whole lines, each line ending in "\n"; the last line of the input
 * may lack its line break. Memory is bounded by a line and a block.
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  options: LinesOptions = {},
): AsyncGenerator<Uint8Array> {
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  const cutter = new LineCutter(maxLineBytes);
  const partBytes = Math.min(PART_BYTES, maxLineBytes);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += partBytes) {
      const part = chunk.subarray(from, from + partBytes);
      const block = cutter.push(options.breaks === "any" ? withLineFeeds(part) : part);
      if (block !== null) yield block;
    }
  }
  const rest = cutter.end();
  if (rest !== null) yield rest;
}

/** Holds what does not yet make a block. A part is never longer than a line may be. */
class LineCutter {
  readonly #maxLineBytes: number;
  /** Pieces whose lines are whole, but for what stands after the last line feed. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Bytes since the last line feed. */
  #openBytes = 0;
  /** The open line is over the limit: its rest is left out. */
  #skipping = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  push(part: Uint8Array): Uint8Array | null {
    let from = 0;
    if (this.#skipping) {
      const end = part.indexOf(LF);
      if (end < 0) return null;
      this.#skipping = false;
      from = end; // the line feed ends the line that was cut
    }
    return this.#take(part.subarray(from));
  }

  #take(part: Uint8Array): Uint8Array | null {
    const first = part.indexOf(LF);
    const firstLine = this.#openBytes + (first < 0 ? part.length : first);
    if (firstLine > this.#maxLineBytes) return this.#cut(part, first);
    this.#hold(part);
    if (first < 0) {
      this.#openBytes += part.length;
      return null;
    }
    const last = part.lastIndexOf(LF);
    this.#openBytes = part.length - last - 1;
    return this.#heldBytes - this.#openBytes >= BLOCK_BYTES ? this.#flush() : null;
  }

  #cut(part: Uint8Array, first: number): Uint8Array | null {
    this.#hold(part.subarray(0, this.#maxLineBytes - this.#openBytes));
    if (first < 0) {
      this.#skipping = true;
      this.#openBytes = this.#maxLineBytes;
      return null;
    }
    return this.#take(part.subarray(first));
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#held.push(piece);
    this.#heldBytes += piece.length;
  }

  /** The whole lines held so far; the open one stays. */
  #flush(): Uint8Array {
    const all = this.#join();
    const end = all.length - this.#openBytes;
    this.#held = this.#openBytes === 0 ? [] : [all.subarray(end)];
    this.#heldBytes = this.#openBytes;
    return all.subarray(0, end);
  }

  #join(): Uint8Array {
    const [only] = this.#held;
    return this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held);
  }

  end(): Uint8Array | null {
    if (this.#heldBytes === 0) return null;
    if (this.#openBytes > 0) this.#hold(Uint8Array.of(LF));
    return this.#join();
  }
}

/** A copy with every CR as LF: CR LF then gives a blank line, which is no record. */
function withLineFeeds(part: Uint8Array): Uint8Array {
  if (!part.includes(CR)) return part;
  const copy = part.slice();
  for (let i = 0; i < copy.length; i++) if (copy[i] === CR) copy[i] = LF;
  return copy;
}
