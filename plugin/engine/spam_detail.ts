import { copy, writeNumber } from "./bytes.ts";
import { endOf, formOf, generation, OBJECT, startOf, STRING } from "./fields.ts";
import { findLoosely, valueEnd, valueStart } from "./loose.ts";
import { SCRATCH } from "./memory.ts";
import {
  ALLOW,
  checkEnd,
  checkStart,
  clearChecks,
  DENY,
  DKIM,
  DMARC,
  GREY,
  MANAGED,
  PERMITTED,
  RBL,
  setCheck,
  SPF,
  VERDICT,
  walkChecks,
} from "./spam_walk.ts";
import {
  FIELD_SPAM_DETAIL,
  TEXT,
  TEXT_ALLOW,
  TEXT_ALLOW_LENGTH,
  TEXT_DECISION,
  TEXT_DECISION_LENGTH,
  TEXT_DENY,
  TEXT_DENY_LENGTH,
  TEXT_DKIM,
  TEXT_DKIM_LENGTH,
  TEXT_DMARC,
  TEXT_DMARC_LENGTH,
  TEXT_INFO,
  TEXT_INFO_LENGTH,
  TEXT_MANAGED_SENDER,
  TEXT_MANAGED_SENDER_LENGTH,
  TEXT_PERMITTED_SENDER,
  TEXT_PERMITTED_SENDER_LENGTH,
  TEXT_RBL,
  TEXT_RBL_LENGTH,
  TEXT_SPF,
  TEXT_SPF_LENGTH,
  TEXT_VERDICT,
  TEXT_VERDICT_LENGTH,
} from "./tables.ts";
import { unescape, writeValue } from "./text.ts";

/**
 * Reads spamProcessingDetail in its four forms: an object, JSON in a string, the same encoded once more, and Python's
 * spelling (field mapping, notes on SIEM records). It takes only the parts that have an attribute.
 */
const LOOSE_TEXT: usize = SCRATCH + 0x4000;
const LOOSE_MAX: u32 = 0x3f00;

/** The record of the table of checks, and how often its texts are encoded. */
let read: u32 = 0;
let encodings: u32 = 0;

/** Writes the result of the check whose name begins with these bytes, or nothing. */
export function writeSpamDetail(to: usize, member: usize, max: u32): usize {
  if (read != generation) readDetail();
  const check = checkOf(load<u32>(member));
  const start = checkStart(check);
  const end = checkEnd(check);
  if (start == 0) return to;
  if (check == GREY) return start == ALLOW ? writeNumber(to, 1) : to;
  if (check >= PERMITTED && saysNothing(start, end)) return to;
  if (end == 0) {
    return start == ALLOW
      ? copy(to, TEXT + TEXT_ALLOW, TEXT_ALLOW_LENGTH)
      : copy(to, TEXT + TEXT_DENY, TEXT_DENY_LENGTH);
  }
  if (encodings == 0) return writeValue(to, start, end, STRING, max, false);
  let last = unescape(SCRATCH, start, end, STRING, max * 8);
  if (encodings == 2) last = unescape(SCRATCH, SCRATCH, last, STRING, max * 8);
  return writeValue(to, SCRATCH, last, STRING, max, false);
}

/** True for NONE and UNKNOWN, which nearly every mail has. */
function saysNothing(start: usize, end: usize): bool {
  const length = end - start;
  return (length == 4 && load<u32>(start) == 0x454e4f4e) || (length == 7 && load<u32>(start) == 0x4e4b4e55);
}

function checkOf(name: u32): u32 {
  const first = name & 0xff;
  if (first == 0x76) return VERDICT;
  if (first == 0x73) return SPF;
  if (first == 0x72) return RBL;
  if (first == 0x70) return PERMITTED;
  if (first == 0x6d) return MANAGED;
  if (first == 0x67) return GREY;
  return (name & 0xffff) == 0x6b64 ? DKIM : DMARC;
}

function readDetail(): void {
  read = generation;
  clearChecks();
  let p = startOf(FIELD_SPAM_DETAIL);
  const end = endOf(FIELD_SPAM_DETAIL);
  const twice = load<u16>(p) == 0x225c;
  if (twice) p += 2;
  if (load<u8>(p) != 0x7b) return;
  p++;
  let mark = p;
  while (load<u8>(mark) == 0x20 || load<u8>(mark) == 0x5c) mark++;
  let backslashes = mark;
  while (backslashes > p && load<u8>(backslashes - 1) == 0x5c) backslashes--;
  backslashes = mark - backslashes;
  if (load<u8>(mark) == 0x22) {
    encodings = backslashes == 0 ? 0 : backslashes == 1 ? 1 : 2;
    walkChecks(mark, end, backslashes);
  } else {
    encodings = 0;
    readLoosely();
  }
}

/** Unescapes Python's spelling and reads it with either kind of quotation mark. */
function readLoosely(): void {
  let start = startOf(FIELD_SPAM_DETAIL);
  let end = endOf(FIELD_SPAM_DETAIL);
  const form = formOf(FIELD_SPAM_DETAIL);
  if (form == OBJECT) return;
  end = unescape(LOOSE_TEXT, start, end, form, LOOSE_MAX);
  start = LOOSE_TEXT;
  if (load<u8>(start) == 0x22) end = unescape(LOOSE_TEXT, start + 1, end - 1, STRING, LOOSE_MAX);
  takeLoosely(VERDICT, start, end, TEXT_VERDICT, TEXT_VERDICT_LENGTH);
  takeLoosely(SPF, start, end, TEXT_SPF, TEXT_SPF_LENGTH);
  takeLoosely(DKIM, start, end, TEXT_DKIM, TEXT_DKIM_LENGTH);
  takeLoosely(DMARC, start, end, TEXT_DMARC, TEXT_DMARC_LENGTH);
  takeLoosely(RBL, start, end, TEXT_RBL, TEXT_RBL_LENGTH);
  takeLoosely(PERMITTED, start, end, TEXT_PERMITTED_SENDER, TEXT_PERMITTED_SENDER_LENGTH);
  takeLoosely(MANAGED, start, end, TEXT_MANAGED_SENDER, TEXT_MANAGED_SENDER_LENGTH);
}

function takeLoosely(check: u32, start: usize, end: usize, name: u32, length: u32): void {
  if (!findLoosely(start, end, TEXT + name, length)) return;
  const value = valueStart;
  const last = valueEnd;
  if (last == value || isNothing(value, last)) return;
  if (load<u8>(value) != 0x7b) return setCheck(check, value, last);
  const found =
    check == VERDICT
      ? findLoosely(value, last, TEXT + TEXT_DECISION, TEXT_DECISION_LENGTH)
      : findLoosely(value, last, TEXT + TEXT_INFO, TEXT_INFO_LENGTH);
  if (found && valueEnd > valueStart && !isNothing(valueStart, valueEnd)) {
    return setCheck(check, valueStart, valueEnd);
  }
  if (!findLoosely(value, last, TEXT + TEXT_ALLOW, TEXT_ALLOW_LENGTH)) return;
  const first = load<u8>(valueStart) | 0x20;
  if (first == 0x74) setCheck(check, ALLOW, 0);
  else if (first == 0x66) setCheck(check, DENY, 0);
}

/** null and Python's None. */
function isNothing(p: usize, last: usize): bool {
  return last - p == 4 && (load<u32>(p) == 0x6c6c756e || load<u32>(p) == 0x656e6f4e);
}
