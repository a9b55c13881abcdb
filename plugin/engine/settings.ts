import { copy, same } from "./bytes.ts";
import { RAW } from "./fields.ts";
import { writeEscaped } from "./json_text.ts";
import { INPUT, KEY_TEXTS, SETTINGS } from "./memory.ts";
import { prepareNames } from "./names.ts";
import { EVENT_COUNT, EVENTS, KEY_COUNT, KEYS, TEXT } from "./tables.ts";
import { beginText, writeValue } from "./text.ts";

/**
 * What the engine is told once, as lines of "name=value" in the input buffer. Everything that can be is laid out
 * here as finished text: beginnings of attributes, the middle of the header, the account as JSON.
 */
export const FORMAT_LEEF: u32 = 0;
export const FORMAT_JSON: u32 = 1;
export const FORMAT_BOTH: u32 = 2;

export const POLICY_INTERNAL: u32 = 0;
export const POLICY_SENDER: u32 = 1;
export const POLICY_RECIPIENT: u32 = 2;

export let format: u32 = FORMAT_LEEF;
export let policy: u32 = POLICY_INTERNAL;
export let maxLine: u32 = 4096;
export let delimiter: u32 = 0x5e;
export let leefOne: bool = false;
/** "1.0" or "2.0" as four bytes with the pipe behind it. */
export let api: u32 = 0;
export let accountLength: u32 = 0;
export let accountJsonLength: u32 = 0;
export let hostLength: u32 = 0;

export const API_1: u32 = 0x7c302e31;
export const API_2: u32 = 0x7c302e32;

/** The account as it stands in accountName, in JSON text, and the host. */
export const ACCOUNT: usize = SETTINGS;
export const ACCOUNT_JSON: usize = SETTINGS + 0x100;
export const HOST: usize = SETTINGS + 0x800;
const SEVERITIES: usize = SETTINGS + 0xa00;
const LEFT_OUT: usize = SETTINGS + 0xb00;
export const HEADER_HOST: usize = SETTINGS + 0xc00;
const ACCOUNT_MAX: u32 = 128;
const HOST_MAX: u32 = 255;
const KEY_MAX: usize = 40;
const KEY_LENGTH: usize = 63;
const MIMECAST: usize = memory.data<u8>([0x6d, 0x69, 0x6d, 0x65, 0x63, 0x61, 0x73, 0x74, 0x2d, 0, 0, 0, 0, 0, 0, 0]);

/** What holds until something else is said; the Fluent Bit filter never says anything else. */
export function resetSettings(): void {
  prepareNames();
  format = FORMAT_LEEF;
  policy = POLICY_INTERNAL;
  maxLine = 4096;
  delimiter = 0x5e;
  leefOne = false;
  api = API_2;
  accountLength = 0;
  accountJsonLength = 0;
  hostLength = 0;
  for (let event: u32 = 0; event < EVENT_COUNT; event++) {
    store<u8>(SEVERITIES + event, load<u8>(EVENTS + event * 12, 3));
    store<u8>(LEFT_OUT + event, 0);
  }
  layKeys();
}

function layKeys(): void {
  for (let key: u32 = 0; key < KEY_COUNT; key++) {
    const row = KEYS + key * 4;
    layKey(key, TEXT + load<u16>(row), load<u8>(row, 2));
  }
}

function layKey(key: u32, name: usize, length: u32): void {
  const text = keyText(key);
  store<u8>(text, delimiter);
  store<u8>(copy(text + 1, name, length), 0x3d);
  store<u8>(text, length + 2, KEY_LENGTH);
}

/** Reads the settings; 0, or the number of the first line that can't be used. */
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
    layKeys();
    return true;
  }
  if (is(name, nameEnd, "leef")) {
    // LEEF 1.0 knows TAB only (LEEF reference, header grammar).
    leefOne = is(value, end, "1.0");
    if (leefOne) delimiter = 0x09;
    layKeys();
    return leefOne || is(value, end, "2.0");
  }
  if (begins(name, nameEnd, "rename.")) return rename(name + 7, nameEnd, value, end);
  if (begins(name, nameEnd, "drop.")) return rename(name + 5, nameEnd, 0, 0);
  if (begins(name, nameEnd, "severity.")) return takeSeverity(name + 9, nameEnd, value, end);
  if (begins(name, nameEnd, "filter.")) return leaveOut(name + 7, nameEnd);
  return false;
}

function takeAccount(value: usize, end: usize): bool {
  accountJsonLength = <u32>(writeEscaped(ACCOUNT_JSON, value, end < value + 256 ? end : value + 256) - ACCOUNT_JSON);
  accountLength = <u32>(writeValue(ACCOUNT, value, end, RAW, ACCOUNT_MAX, false) - ACCOUNT);
  beginText();
  return true;
}

function takeHost(value: usize, end: usize): bool {
  hostLength = <u32>(writeHost(HOST, value, end, HOST_MAX) - HOST);
  return true;
}

/** A host name for the header: letters, digits, dot, hyphen and underscore; anything else becomes a hyphen. */
export function writeHost(to: usize, p: usize, end: usize, max: u32): usize {
  const limit = to + max;
  for (; p < end && to < limit; p++) {
    const c = <u32>load<u8>(p);
    if (c >= 0x80 && c < 0xc0) continue;
    const plain = (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x2d || c == 0x2e || c == 0x5f;
    store<u8>(to++, plain ? c : 0x2d);
  }
  return to;
}

function takeLimit(value: usize, end: usize): bool {
  maxLine = number(value, end);
  return maxLine >= 1024 && maxLine <= 32_000;
}

function number(p: usize, end: usize): u32 {
  let value: u32 = 0;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9 || value > 100_000) return 0;
    value = value * 10 + digit;
  }
  return value;
}

/** Without a new name the attribute is left out. */
function rename(name: usize, nameEnd: usize, value: usize, end: usize): bool {
  const length = <u32>(nameEnd - name);
  for (let key: u32 = 0; key < KEY_COUNT; key++) {
    const row = KEYS + key * 4;
    if (load<u8>(row, 2) != length || !same(TEXT + load<u16>(row), name, length)) continue;
    if (value == 0) store<u8>(keyText(key), 0, KEY_LENGTH);
    else if (!isKey(value, end)) return false;
    else layKey(key, value, <u32>(end - value));
    return true;
  }
  return false;
}

/** Letters and digits only (LEEF reference §1.2). */
function isKey(p: usize, end: usize): bool {
  if (p == end || end - p > KEY_MAX) return false;
  while (p < end) {
    const c = <u32>load<u8>(p++);
    if ((c | 0x20) - 0x61 >= 26 && c - 0x30 >= 10) return false;
  }
  return true;
}

function takeSeverity(name: usize, nameEnd: usize, value: usize, end: usize): bool {
  const severity = number(value, end);
  const event = eventNamed(name, nameEnd);
  if (event == EVENT_COUNT) return false;
  // A severity that was set holds whatever the record says: the high bit tells.
  store<u8>(SEVERITIES + event, severity | 0x80);
  return severity - 1 < 10;
}

function leaveOut(name: usize, nameEnd: usize): bool {
  const event = eventNamed(name, nameEnd);
  if (event == EVENT_COUNT) return false;
  store<u8>(LEFT_OUT + event, 1);
  return true;
}

/** The number of an EventID; EVENT_COUNT for one that is not known. */
function eventNamed(name: usize, nameEnd: usize): u32 {
  const length = <u32>(nameEnd - name);
  for (let event: u32 = 0; event < EVENT_COUNT; event++) {
    const row = EVENTS + event * 12;
    if (load<u8>(row, 2) == length && same(TEXT + load<u16>(row), name, length)) return event;
  }
  return EVENT_COUNT;
}

/** True where records with this EventID make no line. */
// @ts-ignore: decorator
@inline
export function isLeftOut(event: u32): bool {
  return load<u8>(LEFT_OUT + event) != 0;
}

/** The severity of an EventID; with the high bit where the settings fix it. */
export function usualSeverity(event: u32): u32 {
  return load<u8>(SEVERITIES + event);
}

let hostEndFor: usize = 0;

/** Where the header's host stands: the one that was set, or "mimecast-ACCOUNT", "mimecast" without an account. */
export function hostFor(account: usize, accountEnd: usize): usize {
  if (hostLength > 0) {
    hostEndFor = HOST + hostLength;
    return HOST;
  }
  let to = copy(HEADER_HOST, MIMECAST, 9);
  if (accountEnd > account) to = writeHost(to, account, accountEnd, HOST_MAX - 9);
  hostEndFor = to - HEADER_HOST == 9 ? to - 1 : to;
  return HEADER_HOST;
}

/** Length of what `hostFor` found last. */
export function hostLengthFor(): usize {
  return hostEndFor - (hostLength > 0 ? HOST : HEADER_HOST);
}

/** Where "^key=" stands. */
// @ts-ignore: decorator
@inline
export function keyText(key: u32): usize {
  return KEY_TEXTS + (key << 6);
}

/** Length of "^key=", 0 where the attribute is left out. */
// @ts-ignore: decorator
@inline
export function keyLength(key: u32): u32 {
  return load<u8>(keyText(key), KEY_LENGTH);
}

function is(p: usize, end: usize, word: string): bool {
  return <i32>(end - p) == word.length && begins(p, end, word);
}

function begins(p: usize, end: usize, word: string): bool {
  if (<i32>(end - p) < word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (load<u8>(p + i) != word.charCodeAt(i)) return false;
  }
  return true;
}
