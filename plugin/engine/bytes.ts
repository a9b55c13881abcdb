/** Copies in steps of sixteen, and so overwrites up to fifteen bytes after `to + length`. Returns `to + length`. */
// @ts-ignore: decorator
@inline
export function copy(to: usize, from: usize, length: u32): usize {
  const end = to + length;
  while (true) {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    to += 16;
    if (to >= end) return end;
    from += 16;
  }
}

/** As `copy`, towards lower addresses in the same text. */
export function moveDown(to: usize, from: usize, length: u32): usize {
  const end = to + length;
  while (to < end) {
    store<u8>(to++, load<u8>(from++));
  }
  return end;
}

/** True if both texts are the same. */
export function same(a: usize, b: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(a + i) != load<u8>(b + i)) return false;
  }
  return true;
}

/** Lower case of an ASCII letter; other bytes as they are. */
// @ts-ignore: decorator
@inline
export function lower(c: u32): u32 {
  return c - 0x41 < 26 ? c | 0x20 : c;
}

/** 0 to 15, or a larger number if the byte is no hex digit. */
export function hexValue(c: u32): u32 {
  const digit = c - 0x30;
  if (digit < 10) return digit;
  const letter = (c | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 0xff;
}

/** Writes a number in decimal digits. */
export function writeNumber(to: usize, value: u64): usize {
  if (value >= 10_000_000) {
    const high = value / 10_000_000;
    return writeDigits(writeNumber(to, high), <u32>(value - high * 10_000_000), 7);
  }
  const small = <u32>value;
  let digits: u32 = 1;
  for (let bound: u32 = 10; small >= bound; bound *= 10) digits++;
  return writeDigits(to, small, digits);
}

function writeDigits(to: usize, value: u32, digits: u32): usize {
  for (let at = to + digits; at > to; ) {
    const rest = value / 10;
    store<u8>(--at, 0x30 + (value - rest * 10));
    value = rest;
  }
  return to + digits;
}
