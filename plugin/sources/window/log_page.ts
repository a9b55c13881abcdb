import { isObject } from "../../client/failure.ts";
import type { JsonPath } from "../../decode/record_scanner.ts";
import { records } from "../../decode/records.ts";
import { unexpected } from "../unexpected.ts";

/** The content of a page of a `/api/*` log endpoint. */
export interface LogPage {
  readonly records: readonly unknown[];
  /** `meta.pagination.next`, or null. */
  readonly next: string | null;
}

/** Reads the envelope (reference: API 1.0 envelope and paging). `totalCount` is not reliable and not used. */
export function readLogPage(body: unknown, list: JsonPath, path: string): LogPage {
  if (!isObject(body) || !Array.isArray(body.data))
    throw unexpected(`POST ${path}`, '"data" is no list');
  const pagination =
    isObject(body.meta) && isObject(body.meta.pagination) ? body.meta.pagination : {};
  const { next } = pagination;
  return {
    records: list.length === 1 ? body.data : body.data.flatMap((each) => inner(each, list, path)),
    next: typeof next === "string" && next !== "" ? next : null,
  };
}

/**
 * The list `data[].<name>`. Null, and an object without the name or with null, holds no records. An object with another list
 * or object instead shows that the name is wrong: that is an error.
 */
function inner(element: unknown, list: JsonPath, path: string): unknown[] {
  const name = list[2] as string;
  if (element === null) return [];
  if (!isObject(element)) throw unexpected(`POST ${path}`, 'an element of "data" is no object');
  const found = element[name] ?? null;
  if (Array.isArray(found)) return found;
  const holdsOther = Object.values(element).some((each) => typeof each === "object" && each);
  if (found !== null || holdsOther) throw unexpected(`POST ${path}`, `"${name}" is no list`);
  return [];
}

/**
 * The kept records of a page, as blocks of lines cut out of Mimecast's text. `keep` has one entry for each record, in
 * order.
 */
export async function* keptRecords(
  text: string,
  list: JsonPath,
  keep: readonly boolean[],
): AsyncGenerator<Uint8Array> {
  let index = 0;
  for await (const block of records(whole(text), list)) {
    const kept: Uint8Array[] = [];
    for (let from = 0; from < block.length; ) {
      const end = block.indexOf(0x0a, from) + 1;
      // Keeps a record without an entry: better twice than never.
      if (keep[index++] !== false) kept.push(block.subarray(from, end));
      from = end;
    }
    if (kept.length > 0) yield Buffer.concat(kept);
  }
}

/** A page's text as a stream. */
export async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, "utf8");
}
