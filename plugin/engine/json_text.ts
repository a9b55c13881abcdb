import { copy } from "./bytes.ts";
import { isPair, readUnit } from "./json.ts";
import { escapable, lowest, special } from "./swar.ts";
import { next, readUtf8, valid, writeUtf8 } from "./utf8.ts";

/** Writes raw bytes as the content of a JSON string (RFC 8259 §7): at most six bytes for one. */
export function writeEscaped(to: usize, p: usize, end: usize): usize {
  while (p < end) {
    const word = load<u64>(p);
    const bits = special(word);
    const clean: usize = bits == 0 ? 8 : lowest(bits);
    if (clean > 0 && p + clean <= end) {
      store<u64>(to, word);
      to += clean;
      p += clean;
      continue;
    }
    const c = <u32>load<u8>(p);
    if (c >= 0x80) {
      to = writeUtf8(to, readUtf8(p));
      p = next;
      if (p > end) p = end;
      continue;
    }
    p++;
    if (c < 0x20) to = writeControl(to, c);
    else {
      if (c == 0x22 || c == 0x5c) store<u8>(to++, 0x5c);
      store<u8>(to++, c);
    }
  }
  return to;
}

function writeControl(to: usize, c: u32): usize {
  if (c == 0x09) {
    store<u16>(to, 0x745c);
    return to + 2;
  }
  store<u32>(to, 0x3030755c);
  store<u8>(to, 0x30 + (c >> 4), 4);
  const low = c & 15;
  store<u8>(to, low < 10 ? 0x30 + low : 0x57 + low, 5);
  return to + 6;
}

/** Makes a finished LEEF line the content of a JSON string, in place; returns its new end. */
export function escapeInPlace(start: usize, end: usize): usize {
  let extra: usize = 0;
  for (let p = start; p < end; p++) {
    const bits = escapable(load<u64>(p));
    p += bits == 0 ? 7 : lowest(bits);
    if (bits != 0 && p < end) extra++;
  }
  const newEnd = end + extra;
  for (let to = newEnd; to > end; ) {
    const c = <u32>load<u8>(--end);
    store<u8>(--to, c == 0x09 ? 0x74 : c);
    if (c == 0x22 || c == 0x5c || c == 0x09) {
      store<u8>(--to, 0x5c);
    }
  }
  return newEnd;
}

/**
 * Copies JSON whose strings hold bytes that are not UTF-8, or escapes of half a surrogate pair: the shippers refuse
 * both. Such bytes become U+FFFD, such an escape becomes \ufffd; nothing else changes.
 */
export function copyMended(to: usize, p: usize, end: usize): usize {
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c >= 0x80) {
      const character = readUtf8(p);
      if (valid) to = copy(to, p, <u32>(next - p));
      else to = writeUtf8(to, character);
      p = next;
    } else if (c == 0x5c && load<u8>(p, 1) == 0x75) {
      const unit = readUnit(p);
      const pair = isPair(p, unit);
      const length: u32 = pair ? 12 : 6;
      copy(to, p, length);
      if (!pair && (unit & 0xf800) == 0xd800) store<u32>(to, 0x64666666, 2);
      to += length;
      p += length;
    } else if (c == 0x5c) {
      copy(to, p, 2);
      to += 2;
      p += 2;
    } else {
      store<u8>(to++, c);
      p++;
    }
  }
  return to;
}
