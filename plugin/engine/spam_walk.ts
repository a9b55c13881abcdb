import { SPAM_CHECKS } from "./memory.ts";
import { lowest, quote } from "./swar.ts";

/**
 * Walks once over spamProcessingDetail in the input, escaped or not, from quotation mark to quotation mark. The number
 * of backslashes before a mark tells structure from text: none in an object, one in a string, three in a string that was
 * encoded twice; marks inside values have more. So no value can pass for a name.
 */

/** Start and end of each find; ALLOW and DENY for a mere yes or no. */
export const VERDICT: u32 = 0;
export const SPF: u32 = 1;
export const DKIM: u32 = 2;
export const DMARC: u32 = 3;
export const RBL: u32 = 4;
export const PERMITTED: u32 = 5;
export const MANAGED: u32 = 6;
export const GREY: u32 = 7;
const CHECK_COUNT: u32 = 8;
const NO_CHECK: u32 = CHECK_COUNT;

export const ALLOW: usize = 1;
export const DENY: usize = 2;

let level: usize = 0;
let end: usize = 0;

export function clearChecks(): void {
  for (let check: u32 = 0; check < CHECK_COUNT; check++) store<u64>(SPAM_CHECKS + check * 8, 0);
}

export function checkStart(check: u32): usize {
  return load<u32>(SPAM_CHECKS + check * 8);
}

export function checkEnd(check: u32): usize {
  return load<u32>(SPAM_CHECKS + check * 8, 4);
}

export function setCheck(check: u32, from: usize, to: usize): void {
  store<u32>(SPAM_CHECKS + check * 8, from);
  store<u32>(SPAM_CHECKS + check * 8, to, 4);
}

/** Walks from the first structural mark at `p`, after that many `backslashes`. */
export function walkChecks(p: usize, last: usize, backslashes: usize): void {
  level = backslashes;
  end = last;
  let check = NO_CHECK;
  while (p < end) {
    const name = p + 1;
    const close = closingQuote(name);
    if (close == 0) return;
    let value = skipSpace(close + 1);
    if (load<u8>(value) == 0x3a) {
      value = skipSpace(value + 1);
      check = takeMember(name, <u32>(close - level - name), value, check);
    }
    p = nextQuote(close + 1);
  }
}

/** Reads one member; returns the check of the members that follow. */
function takeMember(name: usize, length: u32, value: usize, check: u32): u32 {
  const first = load<u32>(name);
  if (check != NO_CHECK && length == 4 && first == 0x6f666e69) {
    takeText(check, value);
    return check;
  }
  if (check != NO_CHECK && length == 5 && first == 0x6f6c6c61) {
    if (checkEnd(check) == 0) takeFlag(check, value);
    return check;
  }
  if (length == 8 && load<u64>(name) == 0x6e6f697369636564) {
    takeText(VERDICT, value);
    return NO_CHECK;
  }
  const named = checkOf(name, length);
  if (named == NO_CHECK || load<u8>(value) == 0x7b) return named;
  if (named == GREY) takeFlag(named, value);
  takeText(named, value);
  return NO_CHECK;
}

function checkOf(name: usize, length: u32): u32 {
  const first = load<u32>(name);
  if (length == 3) {
    if ((first & 0xffffff) == 0x667073) return SPF;
    if ((first & 0xffffff) == 0x6c6272) return RBL;
  }
  if (length == 4 && first == 0x6d696b64) return DKIM;
  if (length == 5 && first == 0x72616d64) return DMARC;
  if (length == 15 && load<u64>(name) == 0x657474696d726570) return PERMITTED;
  if (length == 13 && load<u64>(name) == 0x53646567616e616d) return MANAGED;
  if (length == 9 && first == 0x79657267) return GREY;
  return length == 7 && first == 0x64726576 ? VERDICT : NO_CHECK;
}

/** Keeps a string that is not empty. */
function takeText(check: u32, value: usize): void {
  const mark = value + level;
  if (load<u8>(mark) != 0x22 || !isStructural(mark, value)) return;
  const close = closingQuote(mark + 1);
  if (close > mark + 1 + level) setCheck(check, mark + 1, close - level);
}

function takeFlag(check: u32, value: usize): void {
  const first = load<u8>(value) | 0x20;
  if (first == 0x74) setCheck(check, ALLOW, 0);
  else if (first == 0x66) setCheck(check, DENY, 0);
}

/** The structural mark that ends a text, 0 if there is none. */
function closingQuote(from: usize): usize {
  for (let p = nextQuote(from); p < end; p = nextQuote(p + 1)) {
    if (isStructural(p, from)) return p;
  }
  return 0;
}

function nextQuote(p: usize): usize {
  while (p < end) {
    const bits = quote(load<u64>(p));
    if (bits != 0) return p + lowest(bits);
    p += 8;
  }
  return p;
}

/** A backslash of the text itself is 2, 4 or 8 backslashes here, by how often the text was encoded. */
function isStructural(mark: usize, from: usize): bool {
  let p = mark;
  while (p > from && load<u8>(p - 1) == 0x5c) p--;
  const backslashes = mark - p;
  return backslashes >= level && ((backslashes - level) & (2 * level + 1)) == 0;
}

function skipSpace(p: usize): usize {
  while (load<u8>(p) == 0x20) p++;
  return p;
}
