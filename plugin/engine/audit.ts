import { lower } from "./bytes.ts";
import { endOf, formOf, RAW, startOf, STRING } from "./fields.ts";
import { isAddress } from "./ip.ts";
import { SCRATCH } from "./memory.ts";
import { COMMAS, findByte } from "./swar.ts";
import { FIELD_EVENT_INFO, TEXT, TEXT_APPLICATION } from "./tables.ts";
import { unescape, writeValue } from "./text.ts";

/**
 * What the free text of an audit event says (API reference, audit events): `… IP: 192.0.2.7, Application: Console …`,
 * without commas, in lower case, with blanks before the colon, or not at all. Names that users choose stand in
 * front, so the last match is the genuine one.
 */
const BOUND: u32 = 0x3000;

let start: usize = 0;
let end: usize = 0;
let matchStart: usize = 0;
let matchEnd: usize = 0;

/** Writes the address that eventInfo holds, nothing where it holds none. */
export function writeAuditIp(to: usize): usize {
  open();
  matchEnd = 0;
  for (let p = start; p + 4 < end; p++) {
    if (lower(load<u8>(p)) != 0x69 || lower(load<u8>(p, 1)) != 0x70) continue;
    if (p > start && isWordByte(load<u8>(p - 1))) continue;
    tryAddress(behindColon(p + 2));
  }
  return matchEnd == 0 ? to : writeValue(to, matchStart, matchEnd, RAW, 45, false);
}

/** Writes the application that eventInfo names. */
export function writeAuditApplication(to: usize, max: u32): usize {
  open();
  matchEnd = 0;
  for (let p = start; p + 12 < end; p++) {
    if (lower(load<u8>(p)) != 0x61 || !isApplication(p)) continue;
    const value = behindColon(p + 11);
    if (value == p + 11 || load<u8>(value - 1) == 0x6e) continue;
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

/** Over blanks and at most one colon. */
function behindColon(p: usize): usize {
  while (p < end && load<u8>(p) == 0x20) p++;
  if (p < end && load<u8>(p) == 0x3a) p++;
  while (p < end && load<u8>(p) == 0x20) p++;
  return p;
}

function tryAddress(p: usize): void {
  let last = p;
  while (last < end && isAddressByte(load<u8>(last))) last++;
  while (last > p && (load<u8>(last - 1) == 0x2e || load<u8>(last - 1) == 0x3a)) last--;
  if (!isAddress(p, last)) return;
  matchStart = p;
  matchEnd = last;
}

function isAddressByte(c: u32): bool {
  return c - 0x30 < 11 || (c | 0x20) - 0x61 < 6 || c == 0x2e;
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
