import { leaveOut, resetEvents, takeSeverity } from "./event_settings.ts";
import { RAW } from "./fields.ts";
import { setHost } from "./header_host.ts";
import { layKeys, rename } from "./keys.ts";
import { INPUT, SETTINGS } from "./memory.ts";
import { prepareNames } from "./names.ts";
import { beginText, writeValue } from "./text.ts";
import { begins, is, number } from "./words.ts";

/**
 * Reads the settings, lines of "name=value" in the input buffer, and turns as much as possible into finished text. The
 * delimiter must come before names of attributes, because their texts hold it.
 */
export const FORMAT_LEEF: u32 = 0;
const FORMAT_JSON: u32 = 1;
export const FORMAT_BOTH: u32 = 2;

export const POLICY_INTERNAL: u32 = 0;
const POLICY_SENDER: u32 = 1;
export const POLICY_RECIPIENT: u32 = 2;

export let format: u32 = FORMAT_LEEF;
export let policy: u32 = POLICY_INTERNAL;
export let maxLine: u32 = 4096;
export let delimiter: u32 = 0x5e;
export let leefOne: bool = false;
/** "1.0|" or "2.0|" as four bytes. */
export let api: u32 = 0;
export let accountLength: u32 = 0;

export const API_1: u32 = 0x7c302e31;
export const API_2: u32 = 0x7c302e32;

/** The account as accountName has it. */
export const ACCOUNT: usize = SETTINGS;
const ACCOUNT_MAX: u32 = 128;

/** The defaults; the Fluent Bit filter never changes them. */
export function resetSettings(): void {
  prepareNames();
  format = FORMAT_LEEF;
  policy = POLICY_INTERNAL;
  maxLine = 4096;
  delimiter = 0x5e;
  leefOne = false;
  api = API_2;
  accountLength = 0;
  setHost(0, 0);
  resetEvents();
  layKeys(delimiter);
}

/** Reads the settings. Returns 0, or the number of the first invalid line. */
export function readSettings(length: u32): u32 {
  resetSettings();
  let p: usize = INPUT;
  const end = p + length;
  let number: u32 = 0;
  while (p < end) {
    number++;
    let lineEnd = p;
    while (lineEnd < end && load<u8>(lineEnd) != 0x0a) lineEnd++;
    let equals = p;
    while (equals < lineEnd && load<u8>(equals) != 0x3d) equals++;
    if (equals == lineEnd || !apply(p, equals, equals + 1, lineEnd)) return number;
    p = lineEnd + 1;
  }
  return 0;
}

function apply(name: usize, nameEnd: usize, value: usize, end: usize): bool {
  if (is(name, nameEnd, "account")) return takeAccount(value, end);
  if (is(name, nameEnd, "hostname")) return takeHost(value, end);
  if (is(name, nameEnd, "limit")) return takeLimit(value, end);
  if (is(name, nameEnd, "format")) {
    format = is(value, end, "json") ? FORMAT_JSON : is(value, end, "json+leef") ? FORMAT_BOTH : FORMAT_LEEF;
    return format != FORMAT_LEEF || is(value, end, "leef");
  }
  if (is(name, nameEnd, "api")) {
    api = is(value, end, "1.0") ? API_1 : API_2;
    return api == API_1 || is(value, end, "2.0");
  }
  if (is(name, nameEnd, "usrName")) {
    policy = is(value, end, "sender")
      ? POLICY_SENDER
      : is(value, end, "recipient") ? POLICY_RECIPIENT : POLICY_INTERNAL;
    return policy != POLICY_INTERNAL || is(value, end, "internal");
  }
  if (is(name, nameEnd, "delimiter")) {
    if (is(value, end, "tab")) delimiter = 0x09;
    else if (!is(value, end, "^")) return false;
    layKeys(delimiter);
    return true;
  }
  if (is(name, nameEnd, "leef")) {
    // LEEF 1.0 knows TAB only (LEEF reference, header grammar).
    leefOne = is(value, end, "1.0");
    if (leefOne) delimiter = 0x09;
    layKeys(delimiter);
    return leefOne || is(value, end, "2.0");
  }
  if (begins(name, nameEnd, "rename.")) return rename(name + 7, nameEnd, value, end);
  if (begins(name, nameEnd, "drop.")) return rename(name + 5, nameEnd, 0, 0);
  if (begins(name, nameEnd, "severity.")) return takeSeverity(name + 9, nameEnd, value, end);
  if (begins(name, nameEnd, "filter.")) return leaveOut(name + 7, nameEnd);
  return false;
}

function takeAccount(value: usize, end: usize): bool {
  accountLength = <u32>(writeValue(ACCOUNT, value, end, RAW, ACCOUNT_MAX, false) - ACCOUNT);
  beginText();
  return true;
}

function takeHost(value: usize, end: usize): bool {
  setHost(value, end);
  return true;
}

function takeLimit(value: usize, end: usize): bool {
  maxLine = number(value, end);
  return maxLine >= 1024 && maxLine <= 32_000;
}
