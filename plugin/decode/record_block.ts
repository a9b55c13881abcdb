import { BACKSLASH, CR, LF, QUOTE, SPACE } from "../text/char_code.ts";

/** A block is ready once it holds so many bytes. */
const BLOCK_BYTES = 64 * 1024;
const FIRST_CAPACITY = 128 * 1024;

/** Collects records as lines: whole ones up to `#wholeEnd`, then the open one. */
export class RecordBlock {
  readonly #maxRecordBytes: number;
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #end = 0;
  #wholeEnd = 0;

  constructor(maxRecordBytes: number) {
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** Adds bytes to the open record, up to its limit. */
  append(part: Uint8Array, from: number, to: number): void {
    const room = this.#maxRecordBytes - (this.#end - this.#wholeEnd);
    const size = Math.min(to - from, room);
    this.#reserve(size);
    this.#buffer.set(part.subarray(from, from + size), this.#end);
    this.#end += size;
  }

  /** Ends the open record, which becomes a line. */
  endRecord(): void {
    const record = this.#buffer.subarray(this.#wholeEnd, this.#end);
    replaceAll(record, LF);
    replaceAll(record, CR);
    this.#reserve(1);
    this.#buffer[this.#end++] = LF;
    this.#wholeEnd = this.#end;
  }

  /** Removes the white space between tokens from an open record that spans several lines. */
  compact(): void {
    const record = this.#buffer.subarray(this.#wholeEnd, this.#end);
    if (record.includes(LF)) this.#end = this.#wholeEnd + withoutSpace(record);
  }

  /** Drops the bytes of the open record. */
  dropOpen(): void {
    this.#end = this.#wholeEnd;
  }

  takeIfLarge(): Uint8Array | null {
    return this.#wholeEnd >= BLOCK_BYTES ? this.takeAll() : null;
  }

  /** The whole records, or null if there are none; the open one stays. */
  takeAll(): Uint8Array | null {
    if (this.#wholeEnd === 0) return null;
    const block = this.#buffer.subarray(0, this.#wholeEnd);
    const open = this.#buffer.subarray(this.#wholeEnd, this.#end);
    this.#buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
    this.#end = 0;
    this.#wholeEnd = 0;
    this.append(open, 0, open.length);
    return block;
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#end + size));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** In place; returns the new length. */
function withoutSpace(json: Uint8Array): number {
  let to = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (!inString && byte <= SPACE) continue;
    json[to++] = byte;
    if (byte === QUOTE) inString = !inString;
    else if (inString && byte === BACKSLASH && at + 1 < json.length)
      json[to++] = json[++at] as number;
  }
  return to;
}

function replaceAll(record: Uint8Array, byte: number): void {
  for (let at = record.indexOf(byte); at >= 0; at = record.indexOf(byte, at)) {
    record[at] = SPACE;
  }
}
