import { alignPairs, strangers } from "./alignment.ts";
import { beginRecord, has, keep, RAW, setAmbiguous, setMarks } from "./fields.ts";
import { fieldOf, findName, isLeftOut, isOfKeyValue, marksOf, notInUid } from "./names.ts";
import {
  addPair,
  endOfLocalPart,
  endOfPair,
  isAddressName,
  isOutside,
  isOpen,
  isTaken,
  nameOf,
  pairCount,
  resetPairs,
  setTaken,
  slotOf,
  valueOf,
} from "./pairs.ts";
import { findByte, PIPES } from "./swar.ts";
import { absorb, addMember, finishUid, laneA, setLanes, setSums, START_A, START_B, TAG_PAIR } from "./uid.ts";
import { KIND_NAME, note } from "./unknown.ts";

/**
 * The key_value files of API 1.0: `datetime=…|aCode=…|Subject=\…\|…`. A pair is split at its first "=", and begins at
 * the line's start or behind a pipe; a pipe without a name and "=" behind it is part of a value. Which pairs are
 * Mimecast's own, and which are text of whoever wrote a subject, alignment.ts finds out.
 */
const BACKSLASH: u32 = 0x5c;

/** A line is taken as such where it holds this many names that Mimecast uses. */
const KNOWN_NAMES: u32 = 2;

/** Reads a line; false where it is none of these. */
export function scanKeyValue(p: usize, end: usize): bool {
  beginRecord();
  if (!readPairs(p, end)) return false;
  noteUnknownNames();
  if (alignPairs()) setAmbiguous(strangers > 0);
  else choosePairs();
  let marks: u64 = 0;
  for (let pair: u32 = 0; pair < pairCount; pair++) {
    if (!isTaken(pair)) continue;
    const slot = slotOf(pair);
    marks |= marksOf(slot);
    const field = fieldOf(slot);
    if (field != 0) keepUnwrapped(field, valueOf(pair), endOfText(pair));
  }
  setMarks(marks);
  return true;
}

/** Finds the pairs and makes the fingerprint of them; false where there are too few. */
function readPairs(p: usize, end: usize): bool {
  resetPairs();
  setSums(0, 0);
  let known: u32 = 0;
  let members: u32 = 0;
  let equals = endOfName(p, end);
  if (equals == 0) return false;
  while (equals != 0) {
    const value = equals + 1;
    const slot = slotOfName(p, equals);
    if (slot != 0) known++;
    let pipe = isAddressName(slot) ? endOfAddressee(value, end) : value;
    let next: usize = 0;
    while (next == 0) {
      pipe = findByte(pipe, end, PIPES);
      if (pipe == end) break;
      next = endOfName(pipe + 1, end);
      if (next == 0) {
        if (pipe + 1 == end) break;
        pipe++;
      }
    }
    addPair(p, value, pipe, slot);
    if (pipe > value && (slot == 0 || !notInUid(slot))) {
      addMember(p, equals, value, pipe, TAG_PAIR);
      members++;
    }
    p = pipe + 1;
    equals = next;
  }
  finishUid(members);
  return known >= KNOWN_NAMES;
}

/** The slot of a name that means something in these lines; what the mapping leaves out does not. */
function slotOfName(p: usize, end: usize): usize {
  const slot = slotOfAny(p, end);
  return slot == 0 || isLeftOut(slot) ? 0 : slot;
}

function slotOfAny(p: usize, end: usize): usize {
  setLanes(START_A, START_B);
  absorb(p, end);
  return findName(laneA, end - p);
}

/** Behind the first free text a name may be anyone's: only those in front of it are Mimecast's for sure. */
function noteUnknownNames(): void {
  for (let pair: u32 = 0; pair < pairCount && !isOpen(pair); pair++) {
    if (slotOf(pair) != 0) continue;
    const name = nameOf(pair);
    const end = valueOf(pair) - 1;
    if (slotOfAny(name, end) == 0) note(KIND_NAME, name, end);
  }
}

/**
 * The @ of the address at `value`, over the pairs that its local part may hold, else `value`. Where another address
 * or a free text begins in between, this one may have had no @ at all.
 */
function endOfAddressee(value: usize, end: usize): usize {
  const at = endOfLocalPart(value, end);
  let pipe = at == 0 ? value : findByte(value, at, PIPES);
  while (pipe < at) {
    const equals = endOfName(pipe + 1, at);
    if (equals != 0 && isOutside(slotOfName(pipe + 1, equals))) return value;
    pipe = findByte(pipe + 1, at, PIPES);
  }
  return at == 0 ? value : at;
}

/** The "=" behind the name at `p`, 0 where there is none. */
function endOfName(p: usize, end: usize): usize {
  const start = p;
  while (p < end && isNameByte(load<u8>(p))) p++;
  return p > start && p < end && load<u8>(p) == 0x3d ? p : 0;
}

function isNameByte(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x5f || c == 0x2d;
}

/**
 * For a line in no order that is known. Nobody outside can have written what is in front of the first free text, so
 * that is never replaced; of what comes later the last one counts, since a text comes before what follows it, and only
 * names that these lines can have.
 */
function choosePairs(): void {
  let open: u32 = 0;
  for (; open < pairCount; open++) {
    choose(open, true);
    if (isOpen(open)) break;
  }
  for (let pair = pairCount; pair > open + 1; pair--) choose(pair - 1, false);
}

function choose(pair: u32, inFront: bool): void {
  const slot = slotOf(pair);
  const field = slot == 0 ? 0 : fieldOf(slot);
  const isNew = slot != 0 && (field == 0 || !has(field)) && (inFront || isOfKeyValue(slot));
  setTaken(pair, isNew);
  if (slot != 0 && !isNew) setAmbiguous(true);
  if (field != 0 && isNew) keep(field, valueOf(pair), endOfPair(pair), RAW);
}

/** Where the value ends: free text goes on over pairs that are not Mimecast's, up to its closing backslash. */
function endOfText(pair: u32): usize {
  let end = endOfPair(pair);
  if (!isOpen(pair)) return end;
  const value = valueOf(pair);
  let closed = !isWrapped(value, end);
  for (let next = pair + 1; next < pairCount && !isTaken(next); next++) {
    const nextEnd = endOfPair(next);
    if (slotOf(next) != 0) end = nextEnd;
    else if (!closed && load<u8>(nextEnd - 1) == BACKSLASH) end = nextEnd;
    if (!closed && load<u8>(end - 1) == BACKSLASH && end == nextEnd) closed = true;
  }
  return end;
}

/** True for a text that has its first backslash and not yet its last. */
function isWrapped(start: usize, end: usize): bool {
  return start < end && load<u8>(start) == BACKSLASH && (end - start == 1 || load<u8>(end - 1) != BACKSLASH);
}

function keepUnwrapped(field: u32, start: usize, end: usize): void {
  if (end - start >= 2 && load<u8>(start) == BACKSLASH && load<u8>(end - 1) == BACKSLASH) {
    start++;
    end--;
  }
  keep(field, start, end, RAW);
}
