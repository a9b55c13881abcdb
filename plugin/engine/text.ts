import { copy, moveDown } from "./bytes.ts";
import { PLAIN, RAW, SCALAR } from "./fields.ts";
import { isPair, readUnit } from "./json.ts";
import { ANGLES, findByte, special } from "./swar.ts";
import { next, readUtf8, REPLACEMENT, setNext, sizeOf, writeUtf8 } from "./utf8.ts";

/**
 * Writes a value as LEEF can carry it. LEEF has no escape: the engine replaces characters that QRadar would take for
 * structure, so that no sender, subject, file name or URL can forge an attribute or an event (LEEF reference §1.3).
 */

/** True once a value was longer than its bound. */
export let shortened: bool = false;

/** True once the line holds a quotation mark or a backslash, which need escapes in JSON text. */
export let marked: bool = false;

export function beginText(): void {
  shortened = false;
  marked = false;
}

const SPACE: u32 = 0x20;
const CARET: u32 = 0x5e;
const PIPE: u32 = 0x7c;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/** Writes a value of at most `max` bytes; returns its end, or `to` if nothing is left of it. */
export function writeValue(to: usize, start: usize, end: usize, form: u32, max: u32, isUrl: bool): usize {
  if (form != PLAIN && form != SCALAR) return writeCarefully(to, start, end, form != RAW, max, isUrl);
  while (start < end && load<u8>(start) == SPACE) start++;
  let length = <u32>(end - start);
  if (length > max) {
    length = max;
    shortened = true;
  }
  return trimEnd(to, copy(to, start, length));
}

/** Cuts spaces off the end. */
// @ts-ignore: decorator
@inline
export function trimEnd(start: usize, end: usize): usize {
  while (end > start && load<u8>(end - 1) == SPACE) end--;
  return end;
}

function writeCarefully(to: usize, p: usize, end: usize, escapes: bool, max: u32, isUrl: bool): usize {
  const start = to;
  const limit = to + max;
  while (p < end) {
    const word = load<u64>(p);
    if (special(word) == 0 && p + 8 <= end && to + 8 <= limit && (to > start || load<u8>(p) != SPACE)) {
      store<u64>(to, word);
      p += 8;
      to += 8;
      continue;
    }
    let c = <u32>load<u8>(p);
    if (c >= 0x80) {
      c = readUtf8(p);
      p = next;
    } else if (c == 0x5c && escapes) {
      c = readEscaped(p);
      p = next;
    } else {
      p++;
    }
    if (c == SPACE || isUnprintable(c) || (c == CARET && !isUrl)) {
      // One space for a run of characters that LEEF can't carry; the value's own spaces stay as they are.
      if (to == start || (c != SPACE && load<u8>(to - 1) == SPACE)) continue;
      c = SPACE;
    } else if (c == PIPE && !isUrl) {
      c = 0x2f;
    } else if (c == CARET || c == PIPE) {
      if (to + 3 > limit) {
        shortened = true;
        break;
      }
      store<u8>(to, 0x25);
      store<u16>(to, c == CARET ? 0x4535 : 0x4337, 1);
      to += 3;
      continue;
    }
    if (c >= 0xad && isInvisible(c)) {
      if (to + ESCAPE_SIZE > limit) {
        shortened = true;
        break;
      }
      to = writeEscape(to, c);
      continue;
    }
    if (to + sizeOf(c) > limit) {
      shortened = true;
      break;
    }
    if (c == QUOTE || c == BACKSLASH) marked = true;
    to = writeUtf8(to, c);
  }
  return trimEnd(start, to);
}

/** C0, DEL, C1, line and paragraph separator, byte order mark. */
function isUnprintable(c: u32): bool {
  if (c < 0x7f) return c < 0x20;
  return c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

/**
 * True for invisible characters that change how others look: they turn the reading direction, hide a word, or carry a
 * text of their own (Unicode, Cf and default ignorable).
 */
function isInvisible(c: u32): bool {
  if (c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160) return true;
  if (c < 0x17b4) return false;
  if (c < 0x200b) return c <= 0x17b5 || c - 0x180b < 5;
  if (c < 0x2070) return c <= 0x200f || c - 0x202a < 5 || c >= 0x2060;
  if (c == 0x3164 || c == 0xffa0) return true;
  return c - 0xfff0 < 12 || c - 0x1bca0 < 4 || c - 0x1d173 < 8 || c - 0xe0000 < 0x1000;
}

/** Writes an escape as in JSON, with five digits if it needs them: \u202e, \ue0041. */
const ESCAPE_SIZE: u32 = 7;

function writeEscape(to: usize, c: u32): usize {
  marked = true;
  store<u16>(to, 0x755c);
  to += 2;
  for (let shift: i32 = c > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
    const digit = (c >> shift) & 15;
    store<u8>(to++, digit + (digit < 10 ? 0x30 : 0x57));
  }
  return to;
}

/** Reads the JSON escape at `p` and sets `next`; half a surrogate pair comes back as U+FFFD. */
function readEscaped(p: usize): u32 {
  const c = <u32>load<u8>(p, 1);
  setNext(p + 2);
  if (c == 0x75) {
    const unit = readUnit(p);
    if (unit < 0) return 0x5c;
    setNext(p + 6);
    if ((unit & 0xf800) != 0xd800) return unit;
    if (!isPair(p, unit)) return REPLACEMENT;
    setNext(p + 12);
    return 0x10000 + ((unit & 0x3ff) << 10) + (readUnit(p + 6) & 0x3ff);
  }
  if (c == 0x6e) return 0x0a;
  if (c == 0x72) return 0x0d;
  if (c == 0x74) return 0x09;
  if (c == 0x62) return 0x08;
  if (c == 0x66) return 0x0c;
  if (c < 0x80) return c;
  setNext(p + 1);
  return 0x5c;
}

/** True for `<…>` with no other < inside: message ids, addresses. */
export function isWrapped(start: usize, end: usize): bool {
  if (end - start < 2 || load<u8>(start) != 0x3c || load<u8>(end - 1) != 0x3e) return false;
  return findByte(start + 1, end, ANGLES) == end;
}

/** Takes the brackets off the written value. */
export function unwrapAngles(start: usize, end: usize): usize {
  if (!isWrapped(start, end)) return end;
  const from = load<u8>(start, 1) == SPACE ? start + 2 : start + 1;
  if (from >= end - 1) return start;
  return trimEnd(start, moveDown(start, from, <u32>(end - 1 - from)));
}

/** Decodes the JSON escapes of a text, and changes nothing else; at most `max` bytes. */
export function unescape(to: usize, p: usize, end: usize, form: u32, max: u32): usize {
  const limit = to + max - 4;
  const escapes = form != RAW && form != PLAIN;
  while (p < end && to < limit) {
    const c = <u32>load<u8>(p);
    if (c >= 0x80) {
      to = writeUtf8(to, readUtf8(p));
      p = next;
    } else if (c == 0x5c && escapes) {
      to = writeUtf8(to, readEscaped(p));
      p = next;
    } else {
      store<u8>(to++, c);
      p++;
    }
  }
  return to;
}
