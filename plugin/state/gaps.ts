import type { Gap } from "./checkpoint.ts";

/** The checkpoint lists so many gaps, and `replay` takes them by number. */
export const MAX_GAPS = 200;

/**
 * The list with one more gap, oldest first. A full list drops the oldest replayed gap, or else the oldest one: only the log,
 * QRadar and the quarantine folder still know `dropped`. It is null if the list had room.
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

/** True if both are the same gap, met twice because the program asked for the page again. */
export function isSameHole(a: Gap, b: Gap): boolean {
  return holeKey(a) === holeKey(b);
}

function holeKey({ stream, item, reason, cursor, file }: Gap): string {
  return JSON.stringify([stream, item, reason, cursor, file]);
}
