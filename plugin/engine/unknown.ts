import { copy, same } from "./bytes.ts";
import { UNKNOWN } from "./memory.ts";

/**
 * Counts the names that Mimecast sends and the mapping does not know: names of members, and words outside of a closed
 * list. The engine notes them while it reads a record, and counts them once the record's output is sure; a known name
 * costs nothing. A name can be anyone's (a gateway's, an attacker's): there is room for a fixed number of them, each at
 * most NAME_MAX bytes of word characters. Any other text counts without its text, because it may be the content of a
 * mail.
 */
const NOTED: usize = UNKNOWN;
const NOTED_MAX: u32 = 32;
const NOTED_ROW: usize = 12;

/** A row: count u32, kind u8, length u8, 2 unused, the name. */
export const ROWS: usize = UNKNOWN + 0x200;
const ROW: usize = 64;
const KIND: usize = 4;
const LENGTH: usize = 5;
const NAME: usize = 8;
const NAME_MAX: usize = 48;
const ROWS_MAX: u32 = 32;

/** A member's name; every other kind is the number of the field with the unknown word. */
export const KIND_NAME: u32 = 0;
/** All names for which there was no row left. */
const KIND_MORE: u32 = 255;

let noted: u32 = 0;
/** How many different names there are. */
export let rows: u32 = 0;

/** Begins another record, or the same once more. */
// @ts-ignore: decorator
@inline
export function forgetNoted(): void {
  noted = 0;
}

export function note(kind: u32, start: usize, end: usize): void {
  if (noted == NOTED_MAX) return;
  const row = NOTED + noted++ * NOTED_ROW;
  store<u32>(row, <u32>start);
  store<u32>(row, <u32>end, 4);
  store<u32>(row, kind, 8);
}

/** Counts the notes of the current record. */
// @ts-ignore: decorator
@inline
export function countNoted(): void {
  if (noted != 0) countAll();
}

export function forgetRows(): void {
  rows = 0;
}

function countAll(): void {
  for (let i: u32 = 0; i < noted; i++) {
    const row = NOTED + i * NOTED_ROW;
    const start: usize = load<u32>(row);
    const end: usize = load<u32>(row, 4);
    count(load<u32>(row, 8), start, isWord(start, end) ? <u32>(end - start) : 0);
  }
  noted = 0;
}

function count(kind: u32, name: usize, length: u32): void {
  let row = ROWS;
  for (let i: u32 = 0; i < rows; i++, row += ROW) {
    if (load<u8>(row, KIND) == kind && load<u8>(row, LENGTH) == length && same(row + NAME, name, length)) {
      store<u32>(row, load<u32>(row) + 1);
      return;
    }
  }
  if (rows == ROWS_MAX) {
    row -= ROW;
    store<u32>(row, load<u32>(row) + 1);
    return;
  }
  // The last row is for all later names.
  const isLast = ++rows == ROWS_MAX;
  store<u32>(row, 1);
  store<u8>(row, isLast ? KIND_MORE : kind, KIND);
  store<u8>(row, isLast ? 0 : length, LENGTH);
  copy(row + NAME, name, length);
}

/** True for letters, digits, and the characters between words in Mimecast's names. */
function isWord(p: usize, end: usize): bool {
  if (end - p > NAME_MAX) return false;
  for (; p < end; p++) {
    const c = <u32>load<u8>(p);
    // Blank, "-", ".", "/" and the digits, ":", "_".
    if ((c | 0x20) - 0x61 >= 26 && c - 0x2d >= 14 && c != 0x20 && c != 0x5f) return false;
  }
  return true;
}
