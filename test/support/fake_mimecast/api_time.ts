/** `2021-11-16T12:03:24+0000`: the offset has no colon (reference 1.3). */
export function offsetTime(ms: number, offsetMinutes = 0): string {
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19);
  const minutes = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? "-" : "+";
  return `${local}${sign}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

const OFFSET_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:Z|([+-])(\d\d):?(\d\d))$/;

/**
 * Reads a time of a request to `/api/*`: what `offsetTime` writes, and the other forms of RFC 3339 that shipped clients
 * send (`Z`, `+00:00`); null for anything else.
 */
export function parseOffsetTime(text: string): number | null {
  const match = OFFSET_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, sign, hours = "00", minutes = "00"] = match;
  const local = calendarTime(Number(year), Number(month), Number(day), [
    Number(hour),
    Number(minute),
    Number(second),
  ]);
  if (local === null || Number(hours) > 14 || Number(minutes) > 59) return null;
  return local - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** `2024-01-25` as the first moment of that day (UTC), or null (reference 2.3). */
export function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return null;
  return calendarTime(Number(match[1]), Number(match[2]), Number(match[3]), [0, 0, 0]);
}

/** `2024-01-25T10:30:45.642Z` with exactly three digits of milliseconds, or null (reference 2.4). */
export function parseMillisecondTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || new Date(ms).toISOString() !== text ? null : ms;
}

const RFC1123 = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d UTC$/;

/** `Tue, 24 Nov 2015 12:50:11 UTC` of the x-mc-date header, or null (reference 1.2). */
export function parseMcDate(text: string): number | null {
  if (!RFC1123.test(text)) return null;
  const ms = Date.parse(text);
  const same = new Date(ms || 0).toUTCString().replace("GMT", "UTC") === text;
  return Number.isNaN(ms) || !same ? null : ms;
}

/** `20211018093329655`: the time in the name of a file (reference 1.5). */
export function fileNameTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\D/g, "");
}

function calendarTime(
  year: number,
  month: number,
  day: number,
  [hour, minute, second]: readonly [number, number, number],
): number | null {
  if (hour > 23 || minute > 59 || second > 59) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : null;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
