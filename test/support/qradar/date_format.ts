const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What each run of letters stands for; those that LEEF samples and extensions use. */
type Letters = Readonly<Record<string, string>>;

const COMMON: Letters = {
  yyyy: "(?<year>\\d{4})",
  MMM: `(?<name>${MONTHS.join("|")})`,
  MM: "(?<month>\\d\\d)",
  dd: "(?<day>\\d\\d?)",
  HH: "(?<hour>\\d\\d?)",
  mm: "(?<minute>\\d\\d?)",
  ss: "(?<second>\\d\\d?)",
  SSS: "(?<milli>\\d{1,3})",
  Z: "(?<zone>[+-]\\d{4})",
  z: "(?<zone>UTC|GMT)",
  zzz: "(?<zone>UTC|GMT)",
};

/** Java's SimpleDateFormat: `devTimeFormat` of a LEEF line (IBM's LEEF guide). */
export const SIMPLE_DATE_FORMAT: Letters = {
  ...COMMON,
  X: "(?<zone>Z|[+-]\\d\\d)",
  XXX: "(?<zone>Z|[+-]\\d\\d:\\d\\d)",
};

/** Joda-Time's DateTimeFormat: `ext-data` of an extension (Rosettalog's support matrix, citing IBM). It has no letter X. */
export const JODA_TIME: Letters = { ...COMMON, ZZ: "(?<zone>[+-]\\d\\d:\\d\\d)" };

/**
 * Reads a time, in ms since 1970; without a zone in the format it is UTC. Null where the text does not fit. Throws for a letter
 * that the language of the format does not have, as Java does.
 */
export function parseDate(letters: Letters, format: string, text: string): number | null {
  const groups = patternOf(letters, format).exec(text)?.groups;
  if (groups === undefined) return null;
  const part = (name: string): number => Number(groups[name] ?? 0);
  const month = groups.name === undefined ? part("month") - 1 : MONTHS.indexOf(groups.name);
  const local = Date.UTC(
    part("year"),
    month,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local + part("milli") - offsetMs(groups.zone ?? "Z");
}

function patternOf(letters: Letters, format: string): RegExp {
  const pieces = format.match(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g) ?? [];
  const source = pieces.map((piece) => {
    if (piece.startsWith("'")) return literal(piece.slice(1, -1));
    if (!/[A-Za-z]/.test(piece)) return literal(piece);
    const letter = letters[piece];
    if (letter === undefined)
      throw new Error(
        `Cannot read the date format "${format}": illegal pattern component: ${piece}`,
      );
    return letter;
  });
  return new RegExp(`^${source.join("")}$`);
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function offsetMs(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === "-" ? -1 : 1) * minutes * 60_000;
}
