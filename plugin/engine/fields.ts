import { FIELDS } from "./memory.ts";
import { FIELD_EVENT } from "./tables.ts";
import { forgetNoted } from "./unknown.ts";

/**
 * The current record as a table: where each known field's value begins and ends in the input, and its form. A slot
 * belongs to the record only if it has the current generation, so nothing has to be cleared.
 */

/** A string of plain ASCII that can be copied. */
export const PLAIN: u32 = 1;
/** A string with escapes, with characters beyond ASCII, or with bytes that a LEEF value can't hold. */
export const STRING: u32 = 2;
/** Number, true or false. */
export const SCALAR: u32 = 3;
export const OBJECT: u32 = 4;
export const ARRAY: u32 = 5;
/** Text without JSON escapes, from key=value lines or from bytes that are no record. */
export const RAW: u32 = 6;

const NULL_TEXT: u32 = 0x6c6c756e;
const EMPTY_LIST: u32 = 0x5d5b;
const EMPTY_OBJECT: u32 = 0x7d7b;

export let generation: u32 = 0;
/** The marks of all names in the record, known fields or not. */
export let marks: u64 = 0;

/** True if a free text of the record could pass for fields (key=value lines only). */
export let ambiguous: bool = false;

export function beginRecord(): void {
  marks = 0;
  ambiguous = false;
  forgetNoted();
  if (++generation != 0) return;
  generation = 1;
  for (let slot = FIELDS; slot < FIELDS + 256 * 16; slot += 16) store<u32>(slot, 0);
}

export function setMarks(value: u64): void {
  marks = value;
}

export function setAmbiguous(value: bool): void {
  ambiguous = value;
}

/** Nothing, "null", [] and {} are not values (field mapping, common attributes). */
// @ts-ignore: decorator
@inline
function isNothing(start: usize, length: usize): bool {
  if (length == 2) {
    const both = <u32>load<u16>(start);
    return both == EMPTY_LIST || both == EMPTY_OBJECT;
  }
  return length == 0 || (length == 4 && load<u32>(start) == NULL_TEXT);
}

/** Keeps a value; in an envelope's event, an empty one too. */
// @ts-ignore: decorator
@inline
export function keep(field: u32, start: usize, end: usize, form: u32): void {
  if (isNothing(start, end - start) && field != FIELD_EVENT) return;
  const slot = FIELDS + (field << 4);
  store<u32>(slot, generation);
  store<u32>(slot, start, 4);
  store<u32>(slot, end, 8);
  store<u32>(slot, form, 12);
}

// @ts-ignore: decorator
@inline
export function has(field: u32): bool {
  return load<u32>(FIELDS + (field << 4)) == generation;
}

// @ts-ignore: decorator
@inline
export function startOf(field: u32): usize {
  return load<u32>(FIELDS + (field << 4), 4);
}

// @ts-ignore: decorator
@inline
export function endOf(field: u32): usize {
  return load<u32>(FIELDS + (field << 4), 8);
}

// @ts-ignore: decorator
@inline
export function formOf(field: u32): u32 {
  return load<u32>(FIELDS + (field << 4), 12);
}

/** The first field of a list that the record has, 0 if it has none. */
// @ts-ignore: decorator
@inline
export function firstOf(list: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const field = <u32>load<u8>(list + i);
    if (has(field)) return field;
  }
  return 0;
}
