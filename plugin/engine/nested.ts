import { same } from "./bytes.ts";
import { ARRAY, OBJECT, SCALAR, STRING } from "./fields.ts";
import { readString, readValue, skipSpace } from "./json.ts";

/** Reads lists and objects inside a record. scan.ts has already checked their JSON. */
export let itemStart: usize = 0;
export let itemEnd: usize = 0;
export let itemForm: u32 = 0;

/** Makes the value at `p` the current item; returns the address after it. */
function take(p: usize): usize {
  const c = load<u8>(p);
  const end = readValue(p);
  const isString = c == 0x22;
  itemStart = isString ? p + 1 : p;
  itemEnd = isString ? end - 1 : end;
  itemForm = isString ? STRING : c == 0x7b ? OBJECT : c == 0x5b ? ARRAY : SCALAR;
  return end;
}

/**
 * Steps through a list: pass the list's start, then each result; the result after the last item is 0. Empty items, null
 * and the like are items too.
 */
export function nextItem(p: usize): usize {
  p = skipSpace(p);
  const c = load<u8>(p);
  if (c != 0x5b && c != 0x2c) return 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) == 0x5d) return 0;
  return take(p);
}

/** Makes a member of an object the current item; false if it has no such member. */
export function takeMember(p: usize, name: usize, length: u32): bool {
  p = skipSpace(p + 1);
  while (load<u8>(p) == 0x22) {
    const key = p + 1;
    const keyEnd = readString(key);
    p = take(skipSpace(skipSpace(keyEnd + 1) + 1));
    if (<u32>(keyEnd - key) == length && same(key, name, length)) return true;
    p = skipSpace(p);
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
  }
  return false;
}

/** True for an empty text and for null. */
export function isNothing(start: usize, end: usize): bool {
  return end == start || (end - start == 4 && load<u32>(start) == 0x6c6c756e);
}
