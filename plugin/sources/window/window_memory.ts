import type { RecordIdentity } from "../record_identity.ts";
import { shortHash } from "../short_hash.ts";

/**
 * The taken records of a time window, as the cursor keeps them. `before` and `walk` hold runs of records of one second,
 * `<second in base 36>:<hash><hash>…;`.
 */
export interface RememberedRecords {
  /** Records of earlier walks that this walk has not met yet. */
  readonly before: string;
  /** Records of this walk, in the order in which they came. */
  readonly walk: string;
  /** Records from a version without walks: `<second in base 36>.<hash>` each. */
  readonly old: readonly string[];
}

/** A record of a page, for the memory. */
export interface PageRecord extends RecordIdentity {
  /** The record's time, in seconds since 1970. */
  readonly second: number;
}

interface Seen {
  readonly hash: string;
  readonly second: number;
}

/** Length of a `shortHash`. */
const HASH_LENGTH = 11;
/** How many records of earlier walks the cursor remembers: 330 kB. A record beyond them comes twice rather than never. */
export const MAX_BEFORE = 30_000;
/** How many records of a walk it remembers. */
export const MAX_WALK = 20_000;
/** So many changes of time show an order: of lists in no order, one in 180,000 begins like that. */
const ORDER_STEPS = 8;

/**
 * Tells new records from repeated ones. A record with an id is one record, however often it comes. Equal records without
 * an id are several records: the n-th of a walk is known if earlier walks took n of them.
 */
export class WindowMemory {
  readonly #before = new Map<string, Seen[]>();
  readonly #old = new Map<string, number>();
  #walk: Seen[];
  readonly #walked = new Map<string, number>();

  constructor({ before, walk, old }: RememberedRecords) {
    for (const seen of unpack(before)) this.#remember(seen);
    this.#walk = unpack(walk);
    for (const { hash } of this.#walk) this.#count(hash);
    for (const entry of old) {
      const dot = entry.indexOf(".");
      this.#old.set(entry.slice(dot + 1), Number.parseInt(entry.slice(0, dot), 36));
    }
  }

  /** Records met in this walk. */
  get walked(): number {
    return this.#walk.length;
  }

  /** First and last second of the records of this walk; null if there are none. */
  get walkedSeconds(): { readonly first: number; readonly last: number } | null {
    if (this.#walk.length === 0) return null;
    const seconds = this.#walk.map(({ second }) => second);
    return { first: least(seconds), last: -least(seconds.map((second) => -second)) };
  }

  /**
   * For each record: true if the program must take it. `namesItself`: the page names itself as the next one, so an equal
   * page is a repetition.
   */
  take(page: readonly PageRecord[], namesItself: boolean): boolean[] {
    const hashes = page.map(({ text }) => shortHash(text));
    const repeated = this.#repeatedHead(page, hashes, namesItself);
    return page.map((record, index) => {
      const hash = hashes[index] as string;
      if (record.isUnique) return this.#takeUnique(record, hash);
      return index >= repeated && this.#takeNumbered(record, hash);
    });
  }

  /** The walk begins again from its first page. */
  beginAgain(): void {
    for (const seen of this.#walk) this.#remember(seen);
    this.#walk = [];
    this.#walked.clear();
  }

  /** Ends the walk, and forgets records before `fromMs`, for which nothing asks again. Returns the memory for the cursor. */
  endWalk(fromMs: number): RememberedRecords {
    this.beginAgain();
    const from = Math.floor(fromMs / 1_000);
    for (const [hash, all] of this.#before) {
      const kept = all.filter(({ second }) => second >= from);
      if (kept.length === 0) this.#before.delete(hash);
      else this.#before.set(hash, kept);
    }
    for (const [hash, second] of this.#old) if (second < from) this.#old.delete(hash);
    return this.toCursor();
  }

  /** For the cursor. */
  toCursor(): RememberedRecords {
    const before = [...this.#before.values()].flat().sort((a, b) => a.second - b.second);
    return {
      before: pack(before.slice(-MAX_BEFORE)),
      walk: pack(this.#walk.slice(-MAX_WALK)),
      old: [...this.#old].map(([hash, second]) => `${Math.max(0, second).toString(36)}.${hash}`),
    };
  }

  #takeUnique({ second, oldText }: PageRecord, hash: string): boolean {
    if (this.#before.has(hash) || this.#walked.has(hash)) return false;
    this.#meet({ hash, second });
    return !this.#old.has(shortHash(oldText(1)));
  }

  #takeNumbered({ second, oldText }: PageRecord, hash: string): boolean {
    const number = (this.#walked.get(hash) ?? 0) + 1;
    this.#meet({ hash, second });
    const before = this.#before.get(hash) ?? [];
    if (before.length === 0) return !this.#old.has(shortHash(oldText(number)));
    if (before.length === 1) this.#before.delete(hash);
    else this.#before.set(hash, before.slice(1));
    return false;
  }

  /**
   * How many records at the head of a page repeat the end of the page before: Mimecast's pages overlap if a record appears
   * between two requests. Equal records may also be several records, unless they would go back in time in a walk that is in
   * the order of time.
   */
  #repeatedHead(
    page: readonly PageRecord[],
    hashes: readonly string[],
    namesItself: boolean,
  ): number {
    const tail = this.#walk.slice(-page.length).map(({ hash }) => hash);
    for (let length = tail.length; length > 0; length--) {
      const offset = tail.length - length;
      if (tail[offset] !== hashes[0]) continue;
      const isSame = tail.slice(offset).every((hash, index) => hash === hashes[index]);
      if (!isSame) continue;
      const isWhole = namesItself && length === page.length;
      const { second } = page[0] as PageRecord;
      const goesBack = page.slice(0, length).some((each) => each.second !== second);
      if (isWhole || (goesBack && isInOrder(this.#walk))) return length;
    }
    return 0;
  }

  #meet(seen: Seen): void {
    this.#walk.push(seen);
    this.#count(seen.hash);
  }

  #count(hash: string): void {
    this.#walked.set(hash, (this.#walked.get(hash) ?? 0) + 1);
  }

  #remember(seen: Seen): void {
    const known = this.#before.get(seen.hash);
    if (known === undefined) this.#before.set(seen.hash, [seen]);
    else known.push(seen);
  }
}

/** True if the times only rise, or only fall, too often for a coincidence. */
function isInOrder(walk: readonly Seen[]): boolean {
  let rises = 0;
  let falls = 0;
  for (const [index, { second }] of walk.entries()) {
    const before = walk[index - 1]?.second ?? second;
    if (second > before) rises++;
    if (second < before) falls++;
  }
  return Math.min(rises, falls) === 0 && Math.max(rises, falls) >= ORDER_STEPS;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function pack(list: readonly Seen[]): string {
  let text = "";
  let last = Number.NaN;
  for (const { hash, second } of list) {
    if (second !== last) text += `${text === "" ? "" : ";"}${Math.max(0, second).toString(36)}:`;
    text += hash;
    last = second;
  }
  return text;
}

function unpack(text: string): Seen[] {
  if (text === "") return [];
  return text.split(";").flatMap((run) => {
    const colon = run.indexOf(":");
    const second = Number.parseInt(run.slice(0, colon), 36);
    const seen: Seen[] = [];
    for (let at = colon + 1; at < run.length; at += HASH_LENGTH) {
      seen.push({ hash: run.slice(at, at + HASH_LENGTH), second });
    }
    return seen;
  });
}
