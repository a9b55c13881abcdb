import { same } from "./bytes.ts";

/**
 * Reads text that is nearly JSON: spamProcessingDetail arrives as JSON, as JSON inside a string, or in Python's
 * spelling with apostrophes and True (field mapping, notes on SIEM records). It never fails: 0 means "not found".
 */
export let valueStart: usize = 0;
export let valueEnd: usize = 0;

/** The address after the string, bracket or word at `p`; 0 if it does not end. */
function skipLoosely(p: usize, end: usize): usize {
  let depth: u32 = 0;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 0x22 || c == 0x27) {
      p = skipQuoted(p, end);
      if (p == 0) return 0;
      if (depth == 0) return p;
      continue;
    }
    if (c == 0x7b || c == 0x5b) depth++;
    else if (c == 0x7d || c == 0x5d) {
      if (depth == 0) return p;
      if (--depth == 0) return p + 1;
    } else if (depth == 0 && c == 0x2c) return p;
    p++;
  }
  return depth == 0 ? end : 0;
}

function skipQuoted(p: usize, end: usize): usize {
  const quote = load<u8>(p);
  for (p++; p < end; p++) {
    const c = load<u8>(p);
    if (c == 0x5c) p++;
    else if (c == quote) return p + 1;
  }
  return 0;
}

/** Finds a member of the object at `p`, and sets `valueStart` and `valueEnd`, without quotation marks. */
export function findLoosely(p: usize, end: usize, name: usize, length: u32): bool {
  p = space(p, end);
  if (p >= end || load<u8>(p) != 0x7b) return false;
  p = space(p + 1, end);
  while (p < end && load<u8>(p) != 0x7d) {
    const key = p;
    const keyEnd = skipLoosely(p, end);
    if (keyEnd == 0 || keyEnd == key) return false;
    p = space(keyEnd, end);
    if (p >= end || load<u8>(p) != 0x3a) return false;
    const value = space(p + 1, end);
    p = skipLoosely(value, end);
    if (p == 0) return false;
    if (keyEnd - key == length + 2 && same(key + 1, name, length)) {
      setValue(value, p);
      return true;
    }
    p = space(p, end);
    if (p < end && load<u8>(p) == 0x2c) p = space(p + 1, end);
  }
  return false;
}

function setValue(start: usize, end: usize): void {
  while (end > start && isSpace(load<u8>(end - 1))) end--;
  const c = load<u8>(start);
  const quoted = end - start >= 2 && (c == 0x22 || c == 0x27) && load<u8>(end - 1) == c;
  valueStart = quoted ? start + 1 : start;
  valueEnd = quoted ? end - 1 : end;
}

function isSpace(c: u32): bool {
  return c == 0x20 || c - 0x09 < 5;
}

function space(p: usize, end: usize): usize {
  while (p < end && isSpace(load<u8>(p))) p++;
  return p;
}
