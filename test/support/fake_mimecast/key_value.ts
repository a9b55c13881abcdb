/** Values that API 1.0 wraps in backslashes (reference 1.5). */
const WRAPPED = new Set(["Subject", "subject", "RejType", "RejInfo", "Err", "Error"]);

/**
 * A record of a key_value file: `datetime` and `aCode` first, `|` between the pairs, free text in
 * backslashes, objects as JSON, nulls left out (reference 1.5).
 */
export function keyValueLine(fields: Readonly<Record<string, unknown>>): string {
  const { datetime, aCode, ...rest } = fields;
  const pairs = Object.entries({ datetime, aCode, ...rest })
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${textOf(key, value)}`);
  return pairs.join("|");
}

function textOf(key: string, value: unknown): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const line = text.replace(/[\r\n]+/g, " ");
  return WRAPPED.has(key) ? `\\${line}\\` : line;
}
