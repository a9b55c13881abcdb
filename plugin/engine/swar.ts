/** Eight bytes at a time: constants and tests ("SIMD within a register"). */
const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;
const SPACES: u64 = 0x2020202020202020;
const QUOTES: u64 = 0x2222222222222222;
const SLASHES: u64 = 0x5c5c5c5c5c5c5c5c;
const LINE_FEEDS: u64 = 0x0a0a0a0a0a0a0a0a;
/** Clears the bits in which \ ^ | ~ differ. */
const SLASH_MASK: u64 = 0xdddddddddddddddd;

/**
 * The high bit of each byte that a string or a LEEF value can't hold as it is: quotation mark, backslash, caret, pipe,
 * tilde (a side effect), controls, DEL and everything beyond ASCII. The lowest set bit is exact; bits above it may be
 * wrong, because a borrow runs upwards.
 */
// @ts-ignore: decorator
@inline
export function special(word: u64): u64 {
  const slash = (word & SLASH_MASK) ^ SLASHES;
  const quote = word ^ QUOTES;
  return ((slash - ONES) | (quote - ONES) | (word - SPACES) | (word + ONES) | word) & HIGHS;
}

/** The high bit of each line feed; the lowest set bit is exact. */
// @ts-ignore: decorator
@inline
export function lineFeed(word: u64): u64 {
  const other = word ^ LINE_FEEDS;
  return (other - ONES) & ~other & HIGHS;
}

/** The high bit of each quotation mark; the lowest set bit is exact. */
// @ts-ignore: decorator
@inline
export function quote(word: u64): u64 {
  const other = word ^ QUOTES;
  return (other - ONES) & ~other & HIGHS;
}

/** The high bit of each byte that needs a backslash in a JSON string; the lowest set bit is exact. */
// @ts-ignore: decorator
@inline
export function escapable(word: u64): u64 {
  const slash = word ^ SLASHES;
  const mark = word ^ QUOTES;
  return (((slash - ONES) & ~slash) | ((mark - ONES) & ~mark) | ((word - SPACES) & ~word)) & HIGHS;
}

/** The word with its ASCII letters in lower case; other bytes stay as they are. */
export function lowerWord(word: u64): u64 {
  const ascii = word & ~HIGHS;
  const isUpper = (ascii + 0x3f3f3f3f3f3f3f3f) & ~(ascii + 0x2525252525252525) & ~word & HIGHS;
  return word | (isUpper >> 2);
}

/** The number of the byte that the lowest bit of a test's result marks. */
// @ts-ignore: decorator
@inline
export function lowest(bits: u64): usize {
  return <usize>(ctz(bits) >> 3);
}

/** The lowest `count` (0 to 7) bytes of a word. */
// @ts-ignore: decorator
@inline
export function head(word: u64, count: usize): u64 {
  return word & ((<u64>1 << (<u64>count << 3)) - 1);
}

/** The address of the next line feed. There must be one: the caller writes a sentinel. */
export function findLineFeed(p: usize): usize {
  let bits = lineFeed(load<u64>(p));
  while (bits == 0) {
    p += 8;
    bits = lineFeed(load<u64>(p));
  }
  return p + lowest(bits);
}

export const ANGLES: u64 = 0x3c3c3c3c3c3c3c3c;
export const ATS: u64 = 0x4040404040404040;
export const PIPES: u64 = 0x7c7c7c7c7c7c7c7c;
export const COMMAS: u64 = 0x2c2c2c2c2c2c2c2c;
export const OPEN_ANGLES: u64 = 0x3c3c3c3c3c3c3c3c;
export const CLOSE_ANGLES: u64 = 0x3e3e3e3e3e3e3e3e;

/** The first address of a byte, given as a word of eight copies, or `end`. */
export function findByte(p: usize, end: usize, bytes: u64): usize {
  while (p < end) {
    const other = load<u64>(p) ^ bytes;
    const bits = (other - ONES) & ~other & HIGHS;
    if (bits != 0) {
      p += lowest(bits);
      return p < end ? p : end;
    }
    p += 8;
  }
  return end;
}
