/**
 * Mimecast's time, as its answers show it. Mimecast dates its records by it, and this host's clock may be wrong
 * (docs/decisions/0009).
 */
export interface MimecastClock {
  /** Mimecast's time, ms since 1970: this host's clock, corrected by the last answer; uncorrected before the first one. */
  now(): number;
  /** By how many ms this host's clock is ahead of Mimecast's (negative: behind); null before the first answer. */
  aheadMs(): number | null;
  /** Takes note of an answer of the API host. Header names are lower-case. */
  answered(headers: Readonly<Record<string, string>>): void;
}

/** A `Date` has whole seconds, and an answer takes its time: less than this is no difference. */
const RESOLUTION_MS = 2_000;

/** A clock for one account; `localNow` is this host's, ms since 1970. */
export function createMimecastClock(localNow: () => number): MimecastClock {
  let aheadMs: number | null = null;
  return {
    now: () => localNow() - (aheadMs ?? 0),
    aheadMs: () => aheadMs,
    answered(headers) {
      const dateMs = answerDate(headers);
      if (dateMs === null) return;
      const differenceMs = localNow() - dateMs;
      aheadMs = Math.abs(differenceMs) < RESOLUTION_MS ? 0 : differenceMs;
    },
  };
}

/**
 * When Mimecast made this answer, by its own clock (`Date`, RFC 9110 §6.6.1), ms since 1970; null without that header, or if
 * a cache or a gateway answered.
 */
export function answerDate(headers: Readonly<Record<string, string>>): number | null {
  if (Number(headers.age ?? 0) > 0 || /\bhtml\b/i.test(headers["content-type"] ?? "")) return null;
  const dateMs = Date.parse(headers.date ?? "");
  return Number.isNaN(dateMs) ? null : dateMs;
}
