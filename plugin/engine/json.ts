import { hexValue } from "./bytes.ts";
import { NESTING } from "./memory.ts";
import { head, lowest, special } from "./swar.ts";
import { next, readUtf8, valid } from "./utf8.ts";

/**
 * Reads JSON (RFC 8259) strictly and without recursion. Every function takes an address and returns the address after
 * the part that it read, or 0 if the text is not JSON. All input ends in a control character (the line feed of the
 * line or a sentinel), so no function runs past the end.
 */

/** The deepest nesting: Vector's JSON reader stops at 128, and a record of Mimecast has 6 levels. */
const MAX_DEPTH: u32 = 64;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const OPEN_OBJECT: u8 = 0x7b;
const OPEN_LIST: u8 = 0x5b;

/** True if the text holds bytes that are not UTF-8, or escapes of half a surrogate pair, and must be mended. */
export let mustMend: bool = false;
/** True if the writer must check each character of the last string. */
export let dirty: bool = false;

export function resetMend(): void {
  mustMend = false;
}

// @ts-ignore: decorator
@inline
export function skipSpace(p: usize): usize {
  let c = <u32>load<u8>(p);
  while (c == 0x20 || c == 0x09 || c == 0x0d) c = load<u8>(++p);
  return p;
}

/** Reads from after the opening quotation mark up to the closing one, and sets `dirty`. */
export function readString(p: usize): usize {
  dirty = false;
  while (true) {
    const word = load<u64>(p);
    const bits = special(word);
    if (bits == 0) {
      p += 8;
      continue;
    }
    p += lowest(bits);
    const c = <u32>load<u8>(p);
    if (c == QUOTE) return p;
    if (c < 0x20) return 0;
    dirty = true;
    if (c == BACKSLASH) {
      p = readEscape(p);
      if (p == 0) return 0;
    } else if (c < 0x80) {
      p++;
    } else {
      p = readForeign(p);
    }
  }
}

/** Reads a run of characters beyond ASCII. */
function readForeign(p: usize): usize {
  do {
    readUtf8(p);
    if (!valid) mustMend = true;
    p = next;
  } while (load<u8>(p) >= 0x80);
  return p;
}

function readEscape(p: usize): usize {
  const c = <u32>load<u8>(p, 1);
  if (c == 0x75) {
    const unit = readUnit(p);
    if (unit < 0) return 0;
    if ((unit & 0xf800) != 0xd800) return p + 6;
    if (isPair(p, unit)) return p + 12;
    mustMend = true;
    return p + 6;
  }
  return isShortEscape(c) ? p + 2 : 0;
}

/** True for a character that makes a one-character escape after a backslash. */
// @ts-ignore: decorator
@inline
function isShortEscape(c: u32): bool {
  return (
    c == QUOTE || c == BACKSLASH || c == 0x2f || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74
  );
}

/** The value of \uXXXX at `p`, -1 if there is none. */
export function readUnit(p: usize): i32 {
  let unit: u32 = 0;
  for (let i: u32 = 2; i < 6; i++) {
    const value = hexValue(load<u8>(p + i));
    if (value > 15) return -1;
    unit = (unit << 4) | value;
  }
  return unit;
}

/** True if the unit at `p` is the first half of a surrogate pair and the second half follows. */
export function isPair(p: usize, unit: i32): bool {
  if ((unit & 0xfc00) != 0xd800) return false;
  if (load<u16>(p, 6) != 0x755c) return false;
  return (readUnit(p + 6) & 0xfc00) == 0xdc00;
}

/** A number, true, false or null. */
export function readScalar(p: usize): usize {
  const word = load<u32>(p);
  if (word == 0x65757274 || word == 0x6c6c756e) return p + 4;
  if (word == 0x736c6166 && load<u8>(p, 4) == 0x65) return p + 5;
  let c = <u32>load<u8>(p);
  if (c == 0x2d) c = load<u8>(++p);
  if (c == 0x30) c = load<u8>(++p);
  else {
    if (c - 0x31 >= 9) return 0;
    p = readDigits(p);
    c = load<u8>(p);
  }
  if (c == 0x2e) {
    const digits = readDigits(p + 1);
    if (digits == p + 1) return 0;
    p = digits;
    c = load<u8>(p);
  }
  if ((c | 0x20) == 0x65) {
    c = load<u8>(++p);
    if (c == 0x2b || c == 0x2d) p++;
    const digits = readDigits(p);
    if (digits == p) return 0;
    p = digits;
  }
  return p;
}

function readDigits(p: usize): usize {
  while (<u32>load<u8>(p) - 0x30 < 10) p++;
  return p;
}

/** Any value. */
export function readValue(p: usize): usize {
  const c = load<u8>(p);
  if (c == QUOTE) {
    const end = readString(p + 1);
    return end == 0 ? 0 : end + 1;
  }
  return c == OPEN_OBJECT || c == OPEN_LIST ? readNested(p) : readScalar(p);
}

/** An object or a list with all its content. */
export function readNested(p: usize): usize {
  let depth: u32 = 0;
  while (true) {
    // A value is expected at p.
    const c = load<u8>(p);
    if (c == OPEN_OBJECT || c == OPEN_LIST) {
      if (depth == MAX_DEPTH) return 0;
      store<u8>(NESTING + depth++, c);
      p = skipSpace(p + 1);
      if (load<u8>(p) != c + 2) {
        if (c == OPEN_OBJECT) p = readName(p);
        if (p == 0) return 0;
        continue;
      }
    } else {
      p = c == QUOTE ? readString(p + 1) : readScalar(p);
      if (p == 0) return 0;
      p = skipSpace(c == QUOTE ? p + 1 : p);
    }
    // After a value, or at the bracket that closes an empty object or list.
    while (true) {
      const open = load<u8>(NESTING + depth - 1);
      const after = load<u8>(p);
      if (after == 0x2c) {
        p = skipSpace(p + 1);
        if (open == OPEN_OBJECT) p = readName(p);
        if (p == 0) return 0;
        break;
      }
      if (after != open + 2) return 0;
      p++;
      if (--depth == 0) return p;
      p = skipSpace(p);
    }
  }
}

/** A member's name, the colon and the space around it. */
export function readName(p: usize): usize {
  if (load<u8>(p) != QUOTE) return 0;
  p = readString(p + 1);
  if (p == 0) return 0;
  p = skipSpace(p + 1);
  return load<u8>(p) == 0x3a ? skipSpace(p + 1) : 0;
}
