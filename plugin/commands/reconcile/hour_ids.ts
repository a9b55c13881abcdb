/** What became of a record that Mimecast has: not found, as far as it was looked for. */
export const MISSING = 0;
/** Found. */
export const FOUND = 1;
/** Missing, and collection will bring it by itself. */
export const EXPECTED = 2;
/** Missing, and told. */
export const TAKEN = 3;

/** The low bits of a kept id: the number of its stream. */
export const STREAM_BITS = 63n;

/** What is kept of an id. */
export function bitsOf(uid: string): bigint {
  return BigInt(`0x${uid.slice(0, 16)}`) & ~STREAM_BITS;
}

/** The ids of one hour: collected, then sorted and marked. */
export class HourIds {
  #ids = new BigUint64Array(64);
  #marks = new Uint8Array(0);
  #length = 0;
  readonly #counts = [0, 0, 0, 0];

  add(bits: bigint): void {
    if (this.#length === this.#ids.length) {
      const larger = new BigUint64Array(Math.ceil(this.#length * 1.5));
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#ids[this.#length++] = bits;
  }

  seal(): void {
    const sorted = this.#ids.subarray(0, this.#length).sort();
    let kept = 0;
    for (const bits of sorted) {
      const last = kept === 0 ? null : (sorted[kept - 1] as bigint) | STREAM_BITS;
      if (last !== (bits | STREAM_BITS)) sorted[kept++] = bits;
    }
    this.#ids = sorted.slice(0, kept);
    this.#length = kept;
    this.#marks = new Uint8Array(kept);
    this.#counts[MISSING] = kept;
  }

  get length(): number {
    return this.#length;
  }

  counted(mark: number): number {
    return this.#counts[mark] ?? 0;
  }

  parts(): Uint32Array {
    const parts = new Uint32Array(256);
    for (const bits of this.#ids) parts[Number(bits >> 56n)]!++;
    return parts;
  }

  agree(): void {
    this.#marks.fill(FOUND);
    this.#counts.fill(0);
    this.#counts[FOUND] = this.#length;
  }

  /** Gives the mark before; null where it has no such id. What was found stays found. */
  mark(bits: bigint, mark: number): number | null {
    const at = this.#indexOf(bits);
    if (at < 0) return null;
    const before = this.#marks[at] as number;
    if (before === FOUND) return before;
    this.#marks[at] = mark;
    this.#counts[before]!--;
    this.#counts[mark]!++;
    return before;
  }

  markOf(bits: bigint): number | null {
    const at = this.#indexOf(bits);
    return at < 0 ? null : (this.#marks[at] as number);
  }

  addLacking(streams: Set<number>): void {
    if (this.counted(FOUND) === this.#length) return;
    for (const [at, bits] of this.#ids.entries()) {
      if (this.#marks[at] !== FOUND) streams.add(Number(bits & STREAM_BITS));
    }
  }

  #indexOf(bits: bigint): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const value = (this.#ids[middle] as bigint) & ~STREAM_BITS;
      if (value === bits) return middle;
      if (value < bits) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}
