import { isObject } from "../client/failure.ts";

/**
 * What makes each record of a page one of a kind. With an id (`idKeys`, the first of them given): their values.
 * Without one: the whole record, and its number among equal ones of this page, since two clicks within a second
 * are two records.
 */
export function recordIdentities(
  records: readonly unknown[],
  idKeys: readonly string[],
): readonly string[] {
  const count = new Map<string, number>();
  return records.map((record) => {
    const values = idKeys.map((key) => (isObject(record) ? record[key] : undefined));
    if (typeof values[0] === "string" && values[0] !== "") return JSON.stringify(values);
    const text = JSON.stringify(sorted(record));
    const number = (count.get(text) ?? 0) + 1;
    count.set(text, number);
    return `${text}#${number}`;
  });
}

/** The same value with its keys in order: Mimecast's order varies. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
