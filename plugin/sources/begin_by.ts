/** Clocks that differ by less agree. */
const AGREE_MS = 5 * 60_000;

/** The beginning of a feed that has no answer yet. Times in ms since 1970. */
export interface Beginning {
  readonly fromMs: number;
  /** This host's time when `fromMs` was computed from it; null: the beginning was given, or has been checked. */
  readonly begunMs: number | null;
}

/**
 * Where a feed begins by Mimecast's clock. Its first answer was asked for at `sentMs` of this host's clock and is of
 * `mimecastMs`; Mimecast gives nothing that is older than `keptMs`. "7 days ago" of a clock that is ahead is too late by as
 * much. One that is behind asks for more: as far as Mimecast does not have that, it is left out, and no gap.
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
