/** A stretch of device time: `fromMs` ≤ time < `toMs`, ms since 1970. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** An hour in ms. */
export const HOUR_MS = 3_600_000;

/** Hours since 1970 in which a moment falls. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS);
}

/** The time of a line whose record has none (plugin/engine/time.ts). */
export const NO_TIME_MS = 1_000_000_000_000;

/** True for a time of the stretch; a record without a time belongs to every one. */
export function isIn({ fromMs, toMs }: Stretch, timeMs: number): boolean {
  return (timeMs >= fromMs && timeMs < toMs) || timeMs === NO_TIME_MS;
}

/** Hours that follow each other are one stretch. */
export function stretches(hours: readonly number[]): Stretch[] {
  const found: { fromMs: number; toMs: number }[] = [];
  for (const hour of [...hours].sort((a, b) => a - b)) {
    const open = found.at(-1);
    if (open?.toMs === hour * HOUR_MS) open.toMs += HOUR_MS;
    else found.push({ fromMs: hour * HOUR_MS, toMs: (hour + 1) * HOUR_MS });
  }
  return found;
}

/** Records that are younger may be on their way: from Mimecast, through the shipper, into QRadar. */
export const SETTLED_MS = 3_600_000;
