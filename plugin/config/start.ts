const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Where to begin if there is no checkpoint: a time before now, or a moment. */
export type Start =
  | { readonly kind: "ago"; readonly agoMs: number }
  | { readonly kind: "at"; readonly atMs: number };

/** What `parseStart` takes, for messages. */
export const START_FORMS =
  'must be "now", a number of days or hours such as "7d" or "12h", or a UTC date such as "2026-01-31" or "2026-01-31T08:00:00Z"';

/** Reads `now`, `7d`, `12h`, a date (its first moment in UTC) or a moment with a zone; undefined for all else. */
export function parseStart(text: string): Start | undefined {
  if (text === "now") {
    return { kind: "ago", agoMs: 0 };
  }
  const ago = /^(\d{1,4})([dh])$/.exec(text);
  if (ago !== null) {
    return { kind: "ago", agoMs: Number(ago[1]) * (ago[2] === "d" ? DAY_MS : HOUR_MS) };
  }
  if (!ISO_DATE.test(text) || !isCalendarDay(text.slice(0, 10))) {
    return undefined;
  }
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : { kind: "at", atMs };
}

/** The start as milliseconds since 1970, never later than now. */
export function startMs(start: Start, nowMs: number): number {
  return start.kind === "ago" ? nowMs - start.agoMs : Math.min(start.atMs, nowMs);
}

/** `Date.parse` turns 30 February into 2 March: only a day that comes back as it was is one. */
function isCalendarDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
