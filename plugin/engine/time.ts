import { copy } from "./bytes.ts";
import { endOf, formOf, has, OBJECT, ARRAY, startOf } from "./fields.ts";
import { CLOCK } from "./memory.ts";
import { FIELD_DATE_TEXT, FIELD_TIMESTAMP } from "./tables.ts";

/**
 * The time of a record without a usable one: 2001-09-09T01:46:40.000Z, the first moment whose milliseconds have 13
 * digits. It is fixed, so that every sending gives the same line.
 */
const NO_TIME: u64 = 1_000_000_000_000;
const LAST_TIME: u64 = 9_999_999_999_999;
const DAY_MS: u64 = 86_400_000;

/** False if the current record has no usable time, and so NO_TIME. */
export let timeIsKnown: bool = false;

/** True if the record's own timestamp is that time in 13 digits, which the writer can copy. */
export let timestampIsTime: bool = false;

/** The record's time in ms since 1970, 13 digits. */
export function timeOfRecord(): u64 {
  let time: u64 = 0;
  timestampIsTime = false;
  if (has(FIELD_TIMESTAMP)) {
    const start = startOf(FIELD_TIMESTAMP);
    const end = endOf(FIELD_TIMESTAMP);
    time = readEpoch(start, end);
    timestampIsTime = time >= NO_TIME && end - start == 13;
  }
  if (time == 0 && has(FIELD_DATE_TEXT) && isText(FIELD_DATE_TEXT)) {
    time = readDate(startOf(FIELD_DATE_TEXT), endOf(FIELD_DATE_TEXT));
  }
  timeIsKnown = time >= NO_TIME && time <= LAST_TIME;
  return timeIsKnown ? time : NO_TIME;
}

function isText(field: u32): bool {
  const form = formOf(field);
  return form != OBJECT && form != ARRAY;
}

/** Reads digits: milliseconds, or seconds if there are ten of them. */
function readEpoch(p: usize, end: usize): u64 {
  if (end - p > 13) return 0;
  let value: u64 = 0;
  const digits = end - p;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) return 0;
    value = value * 10 + digit;
  }
  return digits == 10 ? value * 1000 : value;
}

/**
 * Reads `2021-10-18T09:02:43+0100`, also with Z, a colon in the offset, a fraction, a blank for T, an hour of one digit,
 * or no zone at all (which means UTC). 0 for any other text.
 */
function readDate(start: usize, end: usize): u64 {
  at = start;
  stop = end;
  const year = number(4, 4);
  if (!take(0x2d)) return 0;
  const month = number(1, 2);
  if (!take(0x2d)) return 0;
  const day = number(1, 2);
  if (!take(0x54) && !take(0x20)) return 0;
  const hour = number(1, 2);
  if (!take(0x3a)) return 0;
  const minute = number(1, 2);
  let second: u32 = 0;
  let ms: u32 = 0;
  if (take(0x3a)) {
    second = number(1, 2);
    if (take(0x2e)) ms = fraction();
  }
  const offset = zone();
  if (failed || at != stop || year < 1970) return 0;
  if (month - 1 > 11 || day - 1 > 30 || hour > 23 || minute > 59 || second > 60) return 0;
  const minutes = <i64>(daysSince1970(year, month, day) * 1440 + hour * 60 + minute) - offset;
  return <u64>(minutes * 60_000) + second * 1000 + ms;
}

let at: usize = 0;
let stop: usize = 0;
let failed: bool = false;

function take(c: u32): bool {
  if (at < stop && load<u8>(at) == c) {
    at++;
    return true;
  }
  return false;
}

function number(least: u32, most: u32): u32 {
  if (least == 4) failed = false;
  let value: u32 = 0;
  let digits: u32 = 0;
  while (digits < most && at < stop && <u32>load<u8>(at) - 0x30 < 10) {
    value = value * 10 + (load<u8>(at++) - 0x30);
    digits++;
  }
  if (digits < least) failed = true;
  return value;
}

function fraction(): u32 {
  let value: u32 = 0;
  let scale: u32 = 100;
  const first = at;
  while (at < stop && <u32>load<u8>(at) - 0x30 < 10) {
    value += (load<u8>(at++) - 0x30) * scale;
    scale /= 10;
  }
  if (at == first) failed = true;
  return value;
}

/** Minutes east of UTC. */
function zone(): i64 {
  if (at == stop || take(0x5a)) return 0;
  const west = take(0x2d);
  if (!west && !take(0x2b)) {
    failed = true;
    return 0;
  }
  const hours = number(2, 2);
  take(0x3a);
  const minutes = number(2, 2);
  if (hours > 18 || minutes > 59) failed = true;
  const offset = <i64>(hours * 60 + minutes);
  return west ? -offset : offset;
}

/** The Gregorian calendar by arithmetic: a year begins in March, so that the leap day is its last. */
function daysSince1970(year: u32, month: u32, day: u32): u32 {
  if (month <= 2) year--;
  const era = year / 400;
  const ofEra = year - era * 400;
  const ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468;
}

let lastDay: u64 = 0;

/** Writes `2024-05-14T17:38:06.579Z`. */
export function writeTime(to: usize, ms: u64): usize {
  const day = ms / DAY_MS;
  if (day != lastDay) {
    lastDay = day;
    writeDay(<u32>day);
  }
  copy(to, CLOCK, 11);
  let rest = <u32>(ms - day * DAY_MS);
  const milliseconds = rest % 1000;
  rest /= 1000;
  const seconds = rest % 60;
  rest /= 60;
  two(to + 11, rest / 60);
  store<u8>(to, 0x3a, 13);
  two(to + 14, rest % 60);
  store<u8>(to, 0x3a, 16);
  two(to + 17, seconds);
  store<u8>(to, 0x2e, 19);
  store<u8>(to, 0x30 + milliseconds / 100, 20);
  two(to + 21, milliseconds % 100);
  store<u8>(to, 0x5a, 23);
  return to + 24;
}

function two(to: usize, value: u32): void {
  store<u8>(to, 0x30 + value / 10);
  store<u8>(to, 0x30 + (value % 10), 1);
}

function writeDay(days: u32): void {
  const shifted = days + 719468;
  const era = shifted / 146097;
  const ofEra = shifted - era * 146097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * ofYear + 2) / 153;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  two(CLOCK, year / 100);
  two(CLOCK + 2, year % 100);
  store<u8>(CLOCK, 0x2d, 4);
  two(CLOCK + 5, month);
  store<u8>(CLOCK, 0x2d, 7);
  two(CLOCK + 8, ofYear - (153 * shiftedMonth + 2) / 5 + 1);
  store<u8>(CLOCK, 0x54, 10);
}
