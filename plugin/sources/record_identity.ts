import { isObject } from "../client/failure.ts";
import { jsonText } from "./json_text.ts";

/** The identity of a record. */
export interface RecordIdentity {
  /** With an id: the values of `idKeys` and `versionKeys`. Without one: the whole record, with sorted keys. */
  readonly text: string;
  /** True with an id: equal texts mean one record. Without an id, they mean several records. */
  readonly isUnique: boolean;
  /** The text of the record in checkpoints of the first version; it is the `number`th of its equals. */
  oldText(number: number): string;
}

/**
 * The identity of a record. `idKeys` are the fields of its id, and the first one must have a value; `versionKeys` are
 * further fields in which two records with one id may differ.
 */
export function recordIdentity(
  record: unknown,
  idKeys: readonly string[],
  versionKeys: readonly string[],
): RecordIdentity {
  const valuesOf = (keys: readonly string[]) =>
    keys.map((key) => (isObject(record) ? record[key] : undefined));
  const values = valuesOf(idKeys);
  if (typeof values[0] === "string" && values[0] !== "") {
    const text = jsonText([...values, ...valuesOf(versionKeys)], true);
    return { text, isUnique: true, oldText: () => jsonText(values, false) };
  }
  const text = jsonText(record, true);
  return { text, isUnique: false, oldText: (number) => `${text}#${number}` };
}

/**
 * A unique identity for each record of a page: equal records without an id also get their number on this page, because
 * two clicks within a second are two records.
 */
export function recordIdentities(
  records: readonly unknown[],
  idKeys: readonly string[],
): readonly string[] {
  const count = new Map<string, number>();
  return records.map((record) => {
    const { text, isUnique } = recordIdentity(record, idKeys, []);
    if (isUnique) return text;
    const number = (count.get(text) ?? 0) + 1;
    count.set(text, number);
    return `${text}#${number}`;
  });
}
