import type { Blow } from "./blows.ts";

interface Entry {
  readonly blow: Blow;
  readonly atMs: number;
  readonly duplicatesBefore: number;
  recoveredMs: number | null;
}

/** One line of the table. */
export interface Row {
  readonly blow: Blow;
  readonly times: number;
  /** Of duplicates that arrived between a blow and the next one. */
  readonly duplicates: { readonly mean: number; readonly max: number };
  /** Until a record arrived that had not been there before; ms. */
  readonly longestRecoveryMs: number;
}

/** Counts what arrives, by id, and lays it to the blow before it. */
export interface Tally {
  /** `sum` is the checksum of the whole line. */
  arrived(id: string, sum: number, nowMs: number): void;
  struck(blow: Blow, nowMs: number): void;
  /** Resolves when an id arrives that had not been there, or after a time. */
  next(timeoutMs: number): Promise<void>;
  /** Different ids so far. */
  readonly count: number;
  /** Arrivals of an id that had been there. */
  readonly duplicates: number;
  /** True where the id arrived with exactly this line, and not only with a piece of it. */
  has(id: string, sum: number | undefined): boolean;
  /** Lines that are not the one of their id: pieces that a killed process left in a pipe. */
  pieces(wanted: ReadonlyMap<string, number>): number;
  rows(): Row[];
}

/** A tally of nothing. */
export function createTally(): Tally {
  const lines = new Map<string, number[]>();
  const entries: Entry[] = [];
  let duplicates = 0;
  let wake = () => {};
  return {
    next: (timeoutMs) =>
      new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, timeoutMs);
      }),
    get count() {
      return lines.size;
    },
    get duplicates() {
      return duplicates;
    },
    arrived(id, sum, nowMs) {
      const known = lines.get(id);
      if (known !== undefined) {
        duplicates++;
        if (!known.includes(sum)) known.push(sum);
        return;
      }
      lines.set(id, [sum]);
      wake();
      for (let index = entries.length - 1; index >= 0; index--) {
        const entry = entries[index] as Entry;
        if (entry.recoveredMs !== null) break;
        entry.recoveredMs = nowMs - entry.atMs;
      }
    },
    has: (id, sum) => sum !== undefined && (lines.get(id)?.includes(sum) ?? false),
    pieces(wanted) {
      let pieces = 0;
      for (const [id, sums] of lines) {
        pieces += sums.filter((sum) => sum !== wanted.get(id)).length;
      }
      return pieces;
    },
    struck(blow, nowMs) {
      entries.push({ blow, atMs: nowMs, duplicatesBefore: duplicates, recoveredMs: null });
    },
    rows() {
      const costs = entries.map(({ blow, duplicatesBefore, recoveredMs }, index) => ({
        blow,
        recoveredMs: recoveredMs ?? 0,
        duplicates: (entries[index + 1]?.duplicatesBefore ?? duplicates) - duplicatesBefore,
      }));
      return [...new Set(costs.map(({ blow }) => blow))].map((blow) => {
        const all = costs.filter((each) => each.blow === blow);
        return {
          blow,
          times: all.length,
          duplicates: {
            mean: all.reduce((sum, each) => sum + each.duplicates, 0) / all.length,
            max: Math.max(...all.map((each) => each.duplicates)),
          },
          longestRecoveryMs: Math.max(...all.map((each) => each.recoveredMs)),
        };
      });
    },
  };
}
