import { beginRecord, has, keep, RAW, setMarks, startOf } from "./fields.ts";
import { fieldOf, findName, marksOf, notInUid } from "./names.ts";
import { skipLoosely } from "./loose.ts";
import { FIELD_SUBJECT } from "./tables.ts";
import { absorb, addMember, finishUid, laneA, setLanes, setSums, START_A, START_B, TAG_PAIR } from "./uid.ts";

/**
 * The key_value files of API 1.0: `datetime=…|aCode=…|Subject=\…\|…`. A pair is split at its first "=", free text
 * stands between backslashes, and a value may be JSON.
 */
const PIPE: u32 = 0x7c;
const BACKSLASH: u32 = 0x5c;

/** A line is taken as such where it holds this many names that Mimecast uses. */
const KNOWN_NAMES: u32 = 2;

/** Reads a line; false where it is none of these. */
export function scanKeyValue(p: usize, end: usize): bool {
  beginRecord();
  setSums(0, 0);
  let marks: u64 = 0;
  let known: u32 = 0;
  let members: u32 = 0;
  while (p < end) {
    let equals = p;
    while (equals < end && isNameByte(load<u8>(equals))) equals++;
    if (equals == p || equals >= end || load<u8>(equals) != 0x3d) return false;
    const value = equals + 1;
    const valueEnd = endOfValue(value, end);
    setLanes(START_A, START_B);
    absorb(p, equals);
    const slot = findName(laneA, equals - p);
    if (slot != 0) {
      known++;
      marks |= marksOf(slot);
      const field = fieldOf(slot);
      if (field != 0 && mayReplace(field)) keepUnwrapped(field, value, valueEnd);
    }
    if (valueEnd > value && (slot == 0 || !notInUid(slot))) {
      addMember(p, equals, value, valueEnd, TAG_PAIR);
      members++;
    }
    p = valueEnd + 1;
  }
  setMarks(marks);
  finishUid(members);
  return known >= KNOWN_NAMES;
}

function isNameByte(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x5f || c == 0x2d;
}

/** The pipe behind a value, or the end of the line. Inside backslashes or brackets a pipe does not count. */
function endOfValue(p: usize, end: usize): usize {
  const c = <u32>load<u8>(p);
  if (c == BACKSLASH) {
    for (let q = p + 1; q < end; q++) {
      if (load<u8>(q) == BACKSLASH && (q + 1 == end || load<u8>(q, 1) == PIPE)) return q + 1;
    }
  } else if (c == 0x7b || c == 0x5b) {
    const close = skipLoosely(p, end);
    if (close != 0 && (close == end || load<u8>(close) == PIPE)) return close;
  }
  while (p < end && load<u8>(p) != PIPE) p++;
  return p;
}

/**
 * A sender can write "\|Sender=…" into his subject, and the format has no way to tell. What stood before the
 * subject is therefore never replaced by a later pair; what follows it is, so the genuine value wins on both sides.
 */
function mayReplace(field: u32): bool {
  if (!has(field)) return true;
  return has(FIELD_SUBJECT) && startOf(field) > startOf(FIELD_SUBJECT);
}

function keepUnwrapped(field: u32, start: usize, end: usize): void {
  if (end - start >= 2 && load<u8>(start) == BACKSLASH && load<u8>(end - 1) == BACKSLASH) {
    start++;
    end--;
  }
  keep(field, start, end, RAW);
}
