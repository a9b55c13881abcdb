const HOUR_MS = 3_600_000;
/** Ids that are kept as text, of those that are there but not at Mimecast. */
const SHOWN = 1_000;

/** Hours since 1970 in which a moment falls. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS);
}

/** How one hour of device time compares. */
export interface HourResult {
  /** Hours since 1970. */
  readonly hour: number;
  /** Different records that Mimecast has. */
  readonly atMimecast: number;
  /** Of these, how many were found. */
  readonly found: number;
}

/**
 * The ids that Mimecast has, held against those that were found elsewhere. It keeps the first 64 of the 128 bits of
 * each id, 8 bytes and a mark: two of two million different ids share them with a chance of one in ten million.
 */
export class Comparison {
  readonly #hours = new Map<number, Hour>();
  readonly #unknown: string[] = [];
  #unknownCount = 0;
  #twice = 0;

  /** A record that Mimecast has. */
  list(uid: string, timeMs: number): void {
    const hour = hourOf(timeMs);
    let ids = this.#hours.get(hour);
    if (ids === undefined) {
      ids = new Hour();
      this.#hours.set(hour, ids);
    }
    ids.add(bitsOf(uid));
  }

  /** Mimecast has been listed: from here on ids are looked up. */
  seal(): void {
    for (const hour of this.#hours.values()) hour.seal();
  }

  /** Different records that Mimecast has, by hour. */
  counts(): ReadonlyMap<number, number> {
    return new Map([...this.#hours].map(([hour, ids]) => [hour, ids.count]));
  }

  /** An hour whose numbers agree: everything in it counts as found. */
  agree(hour: number): void {
    this.#hours.get(hour)?.agree();
  }

  /** An id that was found. `timeMs`: its device time, where that is known. */
  find(uid: string, timeMs: number | null): void {
    const bits = bitsOf(uid);
    const own = timeMs === null ? undefined : this.#hours.get(hourOf(timeMs));
    const marked =
      own?.mark(bits) ??
      [...this.#hours.values()].reduce<Mark>((found, hour) => found ?? hour.mark(bits), null);
    if (marked === "again") this.#twice++;
    if (marked !== null) return;
    this.#unknownCount++;
    if (this.#unknown.length < SHOWN) this.#unknown.push(uid);
  }

  /** True for a record that Mimecast has and that was not found. */
  isMissing(uid: string, timeMs: number): boolean {
    return this.#hours.get(hourOf(timeMs))?.lacks(bitsOf(uid)) ?? false;
  }

  /** Every hour in which Mimecast has records, the earliest first. */
  hours(): HourResult[] {
    return [...this.#hours]
      .map(([hour, ids]) => ({ hour, atMimecast: ids.count, found: ids.found }))
      .sort((a, b) => a.hour - b.hour);
  }

  /** Found more than once, the repetitions. */
  get twice(): number {
    return this.#twice;
  }

  /** Found, but Mimecast does not have it: how many, and the first of them. */
  get unknown(): { readonly count: number; readonly uids: readonly string[] } {
    return { count: this.#unknownCount, uids: this.#unknown };
  }
}

type Mark = "first" | "again" | null;

function bitsOf(uid: string): bigint {
  return BigInt(`0x${uid.slice(0, 16)}`);
}

/** The ids of one hour: collected, then sorted and marked. */
class Hour {
  #ids = new BigUint64Array(64);
  #marks = new Uint8Array(0);
  #length = 0;
  #found = 0;

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
      if (kept === 0 || sorted[kept - 1] !== bits) sorted[kept++] = bits;
    }
    this.#ids = sorted.slice(0, kept);
    this.#length = kept;
    this.#marks = new Uint8Array(kept);
  }

  get count(): number {
    return this.#length;
  }

  get found(): number {
    return this.#found;
  }

  agree(): void {
    this.#marks.fill(1);
    this.#found = this.#length;
  }

  mark(bits: bigint): Mark {
    const at = this.#indexOf(bits);
    if (at < 0) return null;
    if (this.#marks[at] === 1) return "again";
    this.#marks[at] = 1;
    this.#found++;
    return "first";
  }

  lacks(bits: bigint): boolean {
    const at = this.#indexOf(bits);
    return at >= 0 && this.#marks[at] === 0;
  }

  #indexOf(bits: bigint): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const value = this.#ids[middle] as bigint;
      if (value === bits) return middle;
      if (value < bits) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}
