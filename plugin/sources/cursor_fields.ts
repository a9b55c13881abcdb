import { StateError } from "../errors.ts";
import type { Cursor } from "./source.ts";

/** Reads a cursor that this program wrote earlier. A wrong shape is a `StateError`, never a fresh start. */
export interface CursorFields {
  text(name: string): string;
  textOrNull(name: string): string | null;
  number(name: string): number;
  numberOrNull(name: string): number | null;
  texts(name: string): string[];
}

/** The fields of `cursor`, an object. `source` is named in errors. */
export function cursorFields(cursor: Cursor, source: string): CursorFields {
  const wrong = (what: string): StateError =>
    new StateError(`Cannot use the position of "${source}" in the checkpoint: ${what}`, {
      code: "cursor",
    });
  if (typeof cursor !== "object" || cursor === null || Array.isArray(cursor)) {
    throw wrong("it is no object");
  }
  const field = <T extends Cursor>(name: string, isRight: (value: Cursor) => value is T): T => {
    const value = cursor[name] ?? null;
    if (!isRight(value)) throw wrong(`"${name}" has the wrong type`);
    return value;
  };
  return {
    text: (name) => field(name, isText),
    textOrNull: (name) => field(name, (value) => value === null || isText(value)),
    number: (name) => field(name, isNumber),
    numberOrNull: (name) => field(name, (value) => value === null || isNumber(value)),
    texts: (name) =>
      field(name, (value): value is string[] => Array.isArray(value) && value.every(isText)),
  };
}

function isText(value: Cursor): value is string {
  return typeof value === "string";
}

function isNumber(value: Cursor): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
