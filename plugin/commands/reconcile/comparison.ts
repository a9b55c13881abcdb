import { bitsOf, EXPECTED, FOUND, HourIds, MISSING, STREAM_BITS, TAKEN } from "./hour_ids.ts";
import { HOUR_MS, hourOf, type Stretch } from "./stretch.ts";

/** Ids that are kept as text, of those that are there but not at Mimecast. */
const SHOWN = 1_000;

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
 * The ids that Mimecast has, held against those that were found elsewhere. It keeps the first 58 of the 128 bits of each
 * id with the stream that it is of, 8 bytes, and a mark: two of two million different ids share them with a chance of
 * one in 140,000.
 */
export class Comparison {
  readonly #hours = new Map<number, HourIds>();
  readonly #streams: string[] = [];
  readonly #unknown: string[] = [];
  #unknownCount = 0;
  #twice = 0;

  /** A record that Mimecast has. Of at most 64 streams. */
  list(uid: string, timeMs: number, stream: string): void {
    const hour = hourOf(timeMs);
    let ids = this.#hours.get(hour);
    if (ids === undefined) {
      ids = new HourIds();
      this.#hours.set(hour, ids);
    }
    let index = this.#streams.indexOf(stream);
    if (index < 0) index = this.#streams.push(stream) - 1;
    if (index > Number(STREAM_BITS)) throw new RangeError(`more than ${STREAM_BITS} streams`);
    ids.add(bitsOf(uid) | BigInt(index));
  }

  /** Mimecast has been listed: from here on ids are looked up. */
  seal(): void {
    for (const hour of this.#hours.values()) hour.seal();
  }

  /** Different records that Mimecast has, by hour and by the first two digits of their ids: 256 numbers an hour. */
  counts(): ReadonlyMap<number, Uint32Array> {
    return new Map([...this.#hours].map(([hour, ids]) => [hour, ids.parts()]));
  }

  /** An hour whose numbers agree: everything in it counts as found. */
  agree(hour: number): void {
    this.#hours.get(hour)?.agree();
  }

  /** An id that was found. `timeMs`: its device time, where that is known. */
  find(uid: string, timeMs: number | null): void {
    const before = this.#mark(uid, timeMs, FOUND);
    if (before === FOUND) this.#twice++;
    if (before !== null) return;
    this.#unknownCount++;
    if (this.#unknown.length < SHOWN) this.#unknown.push(uid);
  }

  /** An id that was found at a further look: what was found before counts no second time. */
  arrive(uid: string, timeMs: number | null): void {
    this.#mark(uid, timeMs, FOUND);
  }

  /** A record that collection will bring by itself. */
  expect(uid: string, timeMs: number): void {
    if (this.isMissing(uid, timeMs)) this.#hourOf(timeMs)?.mark(bitsOf(uid), EXPECTED);
  }

  /** True, the first time, for a record that is missing and that collection will not bring. */
  take(uid: string, timeMs: number): boolean {
    if (!this.isMissing(uid, timeMs)) return false;
    this.#hourOf(timeMs)?.mark(bitsOf(uid), TAKEN);
    return true;
  }

  /** True for a record that Mimecast has, that was neither found nor is expected, and that was not told. */
  isMissing(uid: string, timeMs: number): boolean {
    return this.#hourOf(timeMs)?.markOf(bitsOf(uid)) === MISSING;
  }

  /** The streams with records that were not found. */
  lackingStreams(): ReadonlySet<string> {
    const found = new Set<number>();
    for (const hour of this.#hours.values()) hour.addLacking(found);
    return new Set([...found].map((index) => this.#streams[index] ?? ""));
  }

  /** The part of a stretch from the first to the last hour with a record that was not found. */
  lackingStretch({ fromMs, toMs }: Stretch): Stretch {
    // What has no time may be anywhere.
    const hours = this.lackingHours().map((hour) => hour * HOUR_MS);
    const [first = fromMs, last = toMs] = [hours[0], hours.at(-1)];
    return first < fromMs - HOUR_MS
      ? { fromMs, toMs }
      : { fromMs: Math.max(fromMs, first), toMs: Math.min(toMs, last + HOUR_MS) };
  }

  /** The hours with a record that was not found, the earliest first. */
  lackingHours(): number[] {
    return this.hours()
      .filter(({ atMimecast, found }) => found < atMimecast)
      .map(({ hour }) => hour);
  }

  /** Records that were not found, without those that are expected. */
  get lost(): number {
    return this.#count(MISSING) + this.#count(TAKEN);
  }

  /** Records that were not found, and that collection will bring by itself. */
  get expected(): number {
    return this.#count(EXPECTED);
  }

  /** Every hour in which Mimecast has records, the earliest first. */
  hours(): HourResult[] {
    return [...this.#hours]
      .map(([hour, ids]) => ({ hour, atMimecast: ids.length, found: ids.counted(FOUND) }))
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

  #hourOf(timeMs: number): HourIds | undefined {
    return this.#hours.get(hourOf(timeMs));
  }

  #count(mark: number): number {
    return [...this.#hours.values()].reduce((sum, hour) => sum + hour.counted(mark), 0);
  }

  /** Marks it in its own hour, or, where it is not there, in any; gives the mark before, null where it is nowhere. */
  #mark(uid: string, timeMs: number | null, mark: number): number | null {
    const bits = bitsOf(uid);
    const own = timeMs === null ? null : (this.#hourOf(timeMs)?.mark(bits, mark) ?? null);
    if (own !== null) return own;
    for (const hour of this.#hours.values()) {
      const before = hour.mark(bits, mark);
      if (before !== null) return before;
    }
    return null;
  }
}
