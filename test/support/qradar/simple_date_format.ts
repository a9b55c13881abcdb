const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What each letter stands for in a regular expression; the letters that LEEF samples and our extension use. */
const LETTERS: Readonly<Record<string, string>> = {
  yyyy: "(?<year>\\d{4})",
  MMM: `(?<name>${MONTHS.join("|")})`,
  MM: "(?<month>\\d\\d)",
  dd: "(?<day>\\d\\d?)",
  HH: "(?<hour>\\d\\d?)",
  mm: "(?<minute>\\d\\d?)",
  ss: "(?<second>\\d\\d?)",
  SSS: "(?<milli>\\d{1,3})",
  X: "(?<zone>Z|[+-]\\d\\d)",
  XXX: "(?<zone>Z|[+-]\\d\\d:\\d\\d)",
  Z: "(?<zone>[+-]\\d{4})",
  z: "(?<zone>UTC|GMT)",
  zzz: "(?<zone>UTC|GMT)",
};

/**
 * Reads a time by a Java SimpleDateFormat, in ms since 1970; without a zone in the format it is UTC. Null where the text does
 * not fit. Throws for a letter that is not in the table.
 */
export function parseDate(format: string, text: string): number | null {
  const groups = patternOf(format).exec(text)?.groups;
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

function patternOf(format: string): RegExp {
  const pieces = format.match(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g) ?? [];
  const source = pieces.map((piece) => {
    if (piece.startsWith("'")) return literal(piece.slice(1, -1));
    if (!/[A-Za-z]/.test(piece)) return literal(piece);
    const letter = LETTERS[piece];
    if (letter === undefined)
      throw new Error(`Cannot read the date format "${format}": "${piece}" is not known`);
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
