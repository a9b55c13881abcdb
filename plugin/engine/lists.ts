import { copy, same } from "./bytes.ts";
import { ARRAY, endOf, formOf, has, OBJECT, RAW, STRING, startOf } from "./fields.ts";
import { isNothing, itemEnd, itemForm, itemStart, nextItem, takeMember } from "./nested.ts";
import { COMMAS, findByte } from "./swar.ts";
import { FIELD_NAMES, TEXT, TEXT_ALIGNED, TEXT_ALIGNED_LENGTH, TEXT_RESULT, TEXT_RESULT_LENGTH, TEXT_TYPE, TEXT_TYPE_LENGTH } from "./tables.ts";
import { trimEnd, unwrapAngles, writeValue } from "./text.ts";

/** Writes values that are lists or objects as one text. */

/**
 * Writes a list joined by commas, or an object. Of an object it takes the named member, or, without a name, the JSON text.
 */
export function writeNested(
  to: usize,
  field: u32,
  member: usize,
  length: u32,
  max: u32,
  isAddress: bool,
): usize {
  if (formOf(field) == OBJECT) {
    return writeItem(to, max, startOf(field), endOf(field), OBJECT, member, length, isAddress);
  }
  const start = to;
  const limit = to + max;
  for (let p = nextItem(startOf(field)); p != 0; p = nextItem(p)) {
    const begin = to == start ? to : to + 1;
    if (begin >= limit) break;
    const room = <u32>(limit - begin);
    const end = writeItem(begin, room, itemStart, itemEnd, itemForm, member, length, isAddress);
    if (end == begin) continue;
    if (begin > to) store<u8>(to, 0x2c);
    to = end;
  }
  return to;
}

function writeItem(
  to: usize,
  max: u32,
  start: usize,
  end: usize,
  form: u32,
  member: usize,
  length: u32,
  isAddress: bool,
): usize {
  if (form == OBJECT && length > 0) {
    if (!takeMember(start, member, length)) return to;
    start = itemStart;
    end = itemEnd;
    form = itemForm;
  }
  if (isNothing(start, end)) return to;
  if (form == OBJECT || form == ARRAY) form = RAW;
  const written = writeValue(to, start, end, form, max, false);
  return isAddress ? unwrapAngles(to, written) : written;
}

/** Writes how many items a list, or parts between commas a text has, if there are several. */
export function countOf(field: u32): u32 {
  let count: u32 = 0;
  if (formOf(field) == ARRAY) {
    for (let p = nextItem(startOf(field)); p != 0; p = nextItem(p)) count++;
    return count;
  }
  if (formOf(field) == OBJECT) return 1;
  const end = endOf(field);
  for (let p = startOf(field); p < end; p = findByte(p, end, COMMAS) + 1) count++;
  return count;
}

/** Writes the names of the fields that are true. */
export function writeChecks(to: usize, list: usize, count: u32): usize {
  const start = to;
  for (let i: u32 = 0; i < count; i++) {
    const field = <u32>load<u8>(list + i);
    if (!has(field) || (load<u8>(startOf(field)) | 0x20) != 0x74) continue;
    if (to > start) store<u8>(to++, 0x2c);
    const row = FIELD_NAMES + field * 4;
    to = copy(to, TEXT + load<u16>(row), load<u8>(row, 2));
  }
  return to;
}

/** Writes the result of one check of authResults: [{"type":"SPF","result":"pass"}, …]. */
export function writeAuthResult(to: usize, field: u32, type: usize, length: u32, max: u32): usize {
  if (formOf(field) != ARRAY) return to;
  for (let p = nextItem(startOf(field)); p != 0; p = nextItem(p)) {
    const item = itemStart;
    if (itemForm != OBJECT || !takeMember(item, TEXT + TEXT_TYPE, TEXT_TYPE_LENGTH)) continue;
    if (<u32>(itemEnd - itemStart) != length || !same(itemStart, type, length)) continue;
    if (!takeMember(item, TEXT + TEXT_RESULT, TEXT_RESULT_LENGTH) || isNothing(itemStart, itemEnd)) return to;
    return writeValue(to, itemStart, itemEnd, itemForm == OBJECT || itemForm == ARRAY ? RAW : itemForm, max, false);
  }
  return to;
}

/** Writes the checks of authResults that passed or failed for another domain than the sender's: "aligned":false. */
export function writeNotAligned(to: usize, field: u32, max: u32): usize {
  if (formOf(field) != ARRAY) return to;
  const first = to;
  const limit = to + max;
  for (let p = nextItem(startOf(field)); p != 0; p = nextItem(p)) {
    const item = itemStart;
    if (itemForm != OBJECT || !takeMember(item, TEXT + TEXT_ALIGNED, TEXT_ALIGNED_LENGTH)) continue;
    if (load<u8>(itemStart) != 0x66 || !takeMember(item, TEXT + TEXT_TYPE, TEXT_TYPE_LENGTH)) continue;
    if (itemForm != STRING || isNothing(itemStart, itemEnd)) continue;
    const begin = to == first ? to : to + 1;
    if (begin >= limit) break;
    const end = writeValue(begin, itemStart, itemEnd, STRING, <u32>(limit - begin), false);
    if (end == begin) continue;
    if (begin > to) store<u8>(to, 0x2c);
    to = end;
  }
  return to;
}

/** Takes the quotes off the names that Mimecast quotes, `"a.pdf", "b.png"`, in place; returns the new end. */
export function unquoteNames(start: usize, end: usize): usize {
  if (end - start < 2 || load<u8>(start) != 0x22 || load<u8>(end - 1) != 0x22) return end;
  let to = start;
  let first = start + 1;
  while (first < end && load<u8>(first) == 0x20) first++;
  for (let p = first; p < end - 1; p++) {
    if (load<u8>(p) == 0x22) {
      let next = p + 1;
      while (next < end && load<u8>(next) == 0x20) next++;
      if (load<u8>(next) == 0x2c) {
        next++;
        while (next < end && load<u8>(next) == 0x20) next++;
        if (next < end - 1 && load<u8>(next) == 0x22) {
          store<u8>(to++, 0x2c);
          p = next;
          continue;
        }
      }
    }
    store<u8>(to++, load<u8>(p));
  }
  return trimEnd(start, to);
}
