import { shortHash } from "./short_hash.ts";

/**
 * The memory of records in a cursor, `<second in base 36>.<hash>` for each. It is bounded and forgets the oldest first,
 * so a record beyond the bound comes twice rather than never.
 */
export class SeenIds {
  readonly #secondOf = new Map<string, number>();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const dot = entry.indexOf(".");
      this.#secondOf.set(entry.slice(dot + 1), Number.parseInt(entry.slice(0, dot), 36));
    }
  }

  /** True the first time. `timeMs` is the record's own time. */
  add(identity: string, timeMs: number): boolean {
    const hash = shortHash(identity);
    if (this.#secondOf.has(hash)) return false;
    this.#secondOf.set(hash, Math.floor(timeMs / 1_000));
    return true;
  }

  /** True if `add` has had it before. */
  has(identity: string): boolean {
    return this.#secondOf.has(shortHash(identity));
  }

  /** For the cursor: the newest `max`, from `fromMs` on. */
  entries(fromMs: number, max: number): string[] {
    const from = Math.floor(fromMs / 1_000);
    return [...this.#secondOf]
      .filter(([, second]) => second >= from)
      .sort(([, a], [, b]) => a - b)
      .slice(-max)
      .map(([hash, second]) => `${Math.max(0, second).toString(36)}.${hash}`);
  }
}
