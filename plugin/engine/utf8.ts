/** The character for bytes that are none. */
export const REPLACEMENT: u32 = 0xfffd;

/** The address after the last character. */
export let next: usize = 0;

export function setNext(p: usize): void {
  next = p;
}
/** False if the last read found bytes that are no character. */
export let valid: bool = true;

/**
 * Reads one character beyond ASCII. Bytes that are no character become U+FFFD, one for each maximal part (Unicode 16,
 * §3.9, "substitution of maximal subparts", as in a browser's decoder).
 */
export function readUtf8(p: usize): u32 {
  const lead = <u32>load<u8>(p);
  if (lead >= 0xc2 && lead <= 0xdf) return tail(p, 1, lead & 0x1f, 0x80, 0xbf);
  if ((lead & 0xf0) == 0xe0) {
    const lowest: u32 = lead == 0xe0 ? 0xa0 : 0x80;
    const highest: u32 = lead == 0xed ? 0x9f : 0xbf;
    return tail(p, 2, lead & 0x0f, lowest, highest);
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const lowest: u32 = lead == 0xf0 ? 0x90 : 0x80;
    const highest: u32 = lead == 0xf4 ? 0x8f : 0xbf;
    return tail(p, 3, lead & 0x07, lowest, highest);
  }
  next = p + 1;
  valid = false;
  return REPLACEMENT;
}

function tail(p: usize, count: u32, bits: u32, lowest: u32, highest: u32): u32 {
  for (let i: u32 = 1; i <= count; i++) {
    const c = <u32>load<u8>(p + i);
    if (c < lowest || c > highest) {
      next = p + i;
      valid = false;
      return REPLACEMENT;
    }
    bits = (bits << 6) | (c & 0x3f);
    lowest = 0x80;
    highest = 0xbf;
  }
  next = p + count + 1;
  valid = true;
  return bits;
}

/** How many bytes a character takes. */
// @ts-ignore: decorator
@inline
export function sizeOf(character: u32): u32 {
  return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

/** Writes a character; returns the address after it. */
export function writeUtf8(to: usize, character: u32): usize {
  if (character < 0x80) {
    store<u8>(to, character);
    return to + 1;
  }
  if (character < 0x800) {
    store<u8>(to, 0xc0 | (character >> 6));
    store<u8>(to, 0x80 | (character & 0x3f), 1);
    return to + 2;
  }
  if (character < 0x10000) {
    store<u8>(to, 0xe0 | (character >> 12));
    store<u8>(to, 0x80 | ((character >> 6) & 0x3f), 1);
    store<u8>(to, 0x80 | (character & 0x3f), 2);
    return to + 3;
  }
  store<u8>(to, 0xf0 | (character >> 18));
  store<u8>(to, 0x80 | ((character >> 12) & 0x3f), 1);
  store<u8>(to, 0x80 | ((character >> 6) & 0x3f), 2);
  store<u8>(to, 0x80 | (character & 0x3f), 3);
  return to + 4;
}
