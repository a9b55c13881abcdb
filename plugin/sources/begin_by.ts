/** Two clocks that differ by less agree. */
const AGREE_MS = 5 * 60_000;

/** The beginning of a feed that has no answer yet. Times in ms since 1970. */
export interface Beginning {
  readonly fromMs: number;
  /** This host's time from which `fromMs` was computed; null if the beginning was given, or is already checked. */
  readonly begunMs: number | null;
}

/**
 * The beginning of a feed by Mimecast's clock. This host sent the first request at `sentMs` of its own clock, Mimecast
 * dated the answer `mimecastMs`, and it keeps nothing older than `keptMs`. By a clock that is ahead, "7 days ago" is too
 * late by the difference. A clock that is behind asks for more than Mimecast has: the surplus is no gap.
 */
export function beginBy(
  { fromMs, begunMs }: Beginning,
  sentMs: number,
  mimecastMs: number,
  keptMs: number,
): number {
  if (begunMs === null) return fromMs;
  const oldestMs = mimecastMs - keptMs;
  const aheadMs = Math.max(begunMs, sentMs) - mimecastMs;
  if (aheadMs >= AGREE_MS) return Math.min(fromMs, Math.max(oldestMs, fromMs - aheadMs));
  const behindMs = mimecastMs - sentMs;
  return behindMs >= AGREE_MS ? Math.max(fromMs, Math.min(oldestMs, fromMs + behindMs)) : fromMs;
}
