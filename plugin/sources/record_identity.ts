import { isObject } from "../client/failure.ts";
import { jsonText } from "./json_text.ts";

/** The identity of a record. */
export interface RecordIdentity {
  /** With an id: its values of `idKeys` and `versionKeys`. Without: the whole record, its keys in order. */
  readonly text: string;
  /** True with an id: records of the same text are one. Without, they are several. */
  readonly isUnique: boolean;
  /** The text under which checkpoints of the first version know the record, `number` among equal ones. */
  oldText(number: number): string;
}

/**
 * The identity of a record. `idKeys`: the fields that name it, the first of them must be given; `versionKeys`: further
 * ones in which two records of one name may differ.
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
 * What makes each record of a page one of a kind: `recordIdentity`, and of equal ones without an id their number on this
 * page, since two clicks within a second are two records.
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
