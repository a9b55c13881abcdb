/** A moment as the `/api/*` endpoints write it: `2015-11-16T14:49:18+0000`, whole seconds, UTC. */
export function apiTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}+0000`;
}

/**
 * Reads a time of a record, ms since 1970, or null. Real spellings: offset with and without colon, `Z`,
 * fractions of a second, and an hour of one digit.
 */
export function parseApiTime(text: unknown): number | null {
  if (typeof text !== "string") return null;
  const found = TIME.exec(text);
  if (found === null) return null;
  const [, day, hour, rest, fraction, sign, offsetHours, offsetMinutes] = found;
  const utcMs = Date.parse(`${day}T${hour?.padStart(2, "0")}:${rest}Z`);
  if (Number.isNaN(utcMs)) return null;
  const millis = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1_000);
  const offsetMs = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60_000;
  return utcMs + millis - (sign === "-" ? -offsetMs : offsetMs);
}

const TIME =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):?(\d{2}))?$/;

/** The moment without its fraction of a second. */
export function wholeSecond(timeMs: number): number {
  return Math.floor(timeMs / 1_000) * 1_000;
}
