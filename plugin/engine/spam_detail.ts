import { endOf, formOf, OBJECT, startOf, STRING } from "./fields.ts";
import { findLoosely, valueEnd, valueStart } from "./loose.ts";
import { SCRATCH } from "./memory.ts";
import { FIELD_SPAM_DETAIL } from "./tables.ts";
import { unescape, writeValue } from "./text.ts";

/**
 * spamProcessingDetail in its four forms: an object, JSON in a string, the same encoded once more, and Python's
 * spelling (field mapping, notes on SIEM records). Only verdict, spf, dkim, dmarc and rbl are taken out of it.
 */
const TEXT_START: usize = SCRATCH + 0x4000;
const BOUND: u32 = 0x3f00;

const DECISION: usize = memory.data<u8>([0x64, 0x65, 0x63, 0x69, 0x73, 0x69, 0x6f, 0x6e]);
const INFO: usize = memory.data<u8>([0x69, 0x6e, 0x66, 0x6f]);
const ALLOW: usize = memory.data<u8>([0x61, 0x6c, 0x6c, 0x6f, 0x77]);
const DENY: usize = memory.data<u8>([0x64, 0x65, 0x6e, 0x79]);

let start: usize = 0;
let end: usize = 0;

/** Writes what the detail says about one check; nothing where it says nothing. */
export function writeSpamDetail(to: usize, member: usize, length: u32, max: u32): usize {
  open();
  if (!findLoosely(start, end, member, length)) return to;
  const value = valueStart;
  const last = valueEnd;
  if (last == value || isNothing(value, last)) return to;
  if (load<u8>(value) != 0x7b) return writeValue(to, value, last, STRING, max, false);
  const decided = findLoosely(value, last, DECISION, 8) || findLoosely(value, last, INFO, 4);
  if (decided && valueEnd > valueStart && !isNothing(valueStart, valueEnd)) {
    return writeValue(to, valueStart, valueEnd, STRING, max, false);
  }
  if (!findLoosely(value, last, ALLOW, 5)) return to;
  const first = load<u8>(valueStart) | 0x20;
  if (first == 0x74) return writeValue(to, ALLOW, ALLOW + 5, STRING, max, false);
  return first == 0x66 ? writeValue(to, DENY, DENY + 4, STRING, max, false) : to;
}

function open(): void {
  start = startOf(FIELD_SPAM_DETAIL);
  end = endOf(FIELD_SPAM_DETAIL);
  const form = formOf(FIELD_SPAM_DETAIL);
  if (form == OBJECT) return;
  end = unescape(TEXT_START, start, end, form, BOUND);
  start = TEXT_START;
  if (load<u8>(start) != 0x22) return;
  end = unescape(TEXT_START, start + 1, end - 1, STRING, BOUND);
}

/** null and Python's None. */
function isNothing(p: usize, last: usize): bool {
  return last - p == 4 && (load<u32>(p) == 0x6c6c756e || load<u32>(p) == 0x656e6f4e);
}
