import { lower } from "./bytes.ts";
import { endOf, formOf, RAW, startOf, STRING } from "./fields.ts";
import { isAddress, writeAddress } from "./ip.ts";
import { SCRATCH } from "./memory.ts";
import { COMMAS, findByte } from "./swar.ts";
import { FIELD_EVENT_INFO, TEXT, TEXT_APPLICATION } from "./tables.ts";
import { unescape, writeValue } from "./text.ts";

/**
 * Reads the free text of an audit event (API reference, audit events): `…, Time: 18:17:30 BST, IP: 192.0.2.7,
 * Application: Console …`, or `…, Remote IP is 192.0.2.7`. Mimecast spells the name in many ways: `IP: :`,
 * `IP Address :`, `IP=`, `remote IP :`. Words that users choose (names, policies) come first in the text, so the engine
 * searches only after the last time, if there is one, and trusts the last match.
 */
const BOUND: u32 = 0x3000;

let start: usize = 0;
let end: usize = 0;
let matchStart: usize = 0;
let matchEnd: usize = 0;

/** Writes the address in eventInfo, or nothing. */
export function writeAuditIp(to: usize): usize {
  open();
  matchEnd = 0;
  const tail = behindLastTime();
  findAddress(tail == 0 ? start : tail, tail != 0, false);
  // Mimecast's own words count anywhere in the text.
  if (matchEnd == 0 && tail != 0) findAddress(start, true, true);
  return matchEnd == 0 ? to : writeAddress(to, matchStart, matchEnd);
}

/** The address after the last `Time:` of the text, 0 if it has none. */
function behindLastTime(): usize {
  let found: usize = 0;
  for (let p = start; p + 5 <= end; p++) {
    if ((load<u32>(p) | 0x20202020) == TIME && load<u8>(p, 4) == 0x3a && isWordStart(p)) found = p + 5;
  }
  return found;
}

const TIME: u32 = 0x656d6974;
const REMO: u32 = 0x6f6d6572;

/**
 * Takes the last address after `IP` or `Remote IP`, from `p` on. `IP 192.0.2.7` without a sign in between may be
 * anyone's text (a policy's), except after the time.
 */
function findAddress(p: usize, unsigned: bool, remoteOnly: bool): void {
  for (; p + 4 < end; p++) {
    if (lower(load<u8>(p)) != 0x69 || lower(load<u8>(p, 1)) != 0x70 || !isWordStart(p)) continue;
    const remote = isRemote(p);
    if (remote || !remoteOnly) tryBehind(p + 2, unsigned || remote);
  }
}

function isRemote(p: usize): bool {
  return p >= start + 7 && (load<u32>(p - 7) | 0x20202020) == REMO;
}

/** Skips the text between the name and its address: ` Address`, ` is`, colons, an equals sign, blanks, brackets. */
function tryBehind(p: usize, unsigned: bool): void {
  if (p < end && isWordByte(load<u8>(p))) return;
  let isSigned = unsigned;
  let isName = true;
  for (let i = 0; i < 16 && p < end; i++) {
    const c = <u32>load<u8>(p);
    // `::1` begins with characters that also separate, so the address comes first.
    if (isSigned && isAddressByte(c) && tryAddress(p)) return;
    if (c == 0x3a || c == 0x3d) {
      isSigned = true;
      isName = false;
    }
    if (isSeparator(c)) p++;
    else if (isName && isWord(p, ADDR, 7)) p += 7;
    else if (isName && (load<u16>(p) | 0x2020) == IS && !isWordByte(load<u8>(p, 2))) {
      p += 2;
      isSigned = true;
      isName = false;
    } else return;
  }
}

const ADDR: u32 = 0x72646461;
const IS: u16 = 0x7369;

function isWord(p: usize, firstFour: u32, length: u32): bool {
  return p + length <= end && (load<u32>(p) | 0x20202020) == firstFour && !isWordByte(load<u8>(p + length));
}

/** Blank, colon, equals sign, quotes and opening brackets, a hyphen as in `IP-Address`. */
function isSeparator(c: u32): bool {
  return c == 0x20 || c == 0x3a || c == 0x3d || c == 0x22 || c == 0x27 || c == 0x28 || c == 0x5b || c == 0x2d;
}

/** Writes the application that eventInfo names. */
export function writeAuditApplication(to: usize, max: u32): usize {
  open();
  matchEnd = 0;
  for (let p = start; p + 12 < end; p++) {
    if (lower(load<u8>(p)) != 0x61 || !isApplication(p)) continue;
    const value = behindColon(p + 11);
    if (value == 0) continue;
    matchStart = value;
    matchEnd = value;
  }
  if (matchEnd == 0) return to;
  return writeValue(to, matchStart, findByte(matchStart, end, COMMAS), RAW, max, false);
}

function open(): void {
  start = startOf(FIELD_EVENT_INFO);
  end = endOf(FIELD_EVENT_INFO);
  const form = formOf(FIELD_EVENT_INFO);
  if (form != STRING) return;
  end = unescape(SCRATCH, start, end, form, BOUND);
  start = SCRATCH;
}

/** Skips blanks, a colon or an equals sign, and blanks; 0 without a sign, because the word may be part of a name. */
function behindColon(p: usize): usize {
  while (p < end && load<u8>(p) == 0x20) p++;
  if (p >= end || (load<u8>(p) != 0x3a && load<u8>(p) != 0x3d)) return 0;
  p++;
  while (p < end && load<u8>(p) == 0x20) p++;
  return p;
}

/** Takes the address at `p`, with or without a port, unless it is part of a longer word, a range or a network. */
function tryAddress(p: usize): bool {
  let last = p;
  while (last < end && isAddressByte(load<u8>(last))) last++;
  const wordEnd = last;
  // A full stop or a colon may end the sentence, or the address: 1::
  let isWhole = isAddress(p, last);
  while (!isWhole && last > p && (load<u8>(last - 1) == 0x2e || load<u8>(last - 1) == 0x3a)) isWhole = isAddress(p, --last);
  let port = last;
  while (port > p && load<u8>(port - 1) - 0x30 < 10) port--;
  if (!isWhole) {
    // 192.0.2.7:443
    if (port - p < 8 || load<u8>(port - 1) != 0x3a || !isAddress(p, port - 1)) return false;
    last = port - 1;
  }
  if (wordEnd < end && isPartOfMore(wordEnd)) return false;
  matchStart = p;
  matchEnd = last;
  return true;
}

function isPartOfMore(p: usize): bool {
  const c = <u32>load<u8>(p);
  if (isWordByte(c)) return true;
  while (p < end && load<u8>(p) == 0x20) p++;
  const mark = <u32>load<u8>(p);
  if (c == 0x2f || (p < end && mark == 0x2d)) {
    p++;
    while (p < end && load<u8>(p) == 0x20) p++;
    return p < end && load<u8>(p) - 0x30 < 10;
  }
  return false;
}

function isAddressByte(c: u32): bool {
  return c - 0x30 < 11 || (c | 0x20) - 0x61 < 6 || c == 0x2e;
}

function isWordStart(p: usize): bool {
  return p == start || !isWordByte(load<u8>(p - 1));
}

function isWordByte(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x5f;
}

function isApplication(p: usize): bool {
  if (p > start && isWordByte(load<u8>(p - 1))) return false;
  for (let i: u32 = 1; i < 11; i++) {
    if (lower(load<u8>(p + i)) != load<u8>(TEXT + TEXT_APPLICATION + i)) return false;
  }
  return true;
}
