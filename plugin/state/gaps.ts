import type { Gap } from "./checkpoint.ts";

/** So many gaps can be listed and replayed by number. */
export const MAX_GAPS = 200;

/**
 * The list with one more gap, oldest first. Where it is full, the oldest gap that was replayed goes, or else the oldest
 * of all: `dropped`, which only the log, QRadar and the quarantine folder know of from then on; null without.
 */
export function withGap(
  gaps: readonly Gap[],
  gap: Gap,
): { readonly gaps: readonly Gap[]; readonly dropped: Gap | null } {
  const all = [...gaps, gap];
  if (all.length <= MAX_GAPS) return { gaps: all, dropped: null };
  const redone = gaps.findIndex(({ redoneMs }) => redoneMs !== undefined);
  if (redone >= 0) return { gaps: all.toSpliced(redone, 1), dropped: null };
  return { gaps: all.slice(1), dropped: gaps[0] ?? null };
}

/** True where both are the same hole, met twice: the page was asked for again. */
export function isSameHole(a: Gap, b: Gap): boolean {
  return holeKey(a) === holeKey(b);
}

function holeKey({ stream, item, reason, cursor, file }: Gap): string {
  return JSON.stringify([stream, item, reason, cursor, file]);
}
