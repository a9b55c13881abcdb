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
 * Reads the key_value files of API 1.0: `datetime=…|aCode=…|Subject=\…\|…`. A pair begins at the line's start or after a
 * pipe, and its first "=" splits it; a pipe without a name and "=" after it is part of a value. alignment.ts finds out
 * which pairs are Mimecast's own, and which are text of the subject's writer.
 */
const BACKSLASH: u32 = 0x5c;

/** A line with so many of Mimecast's names is a key=value line. */
const KNOWN_NAMES: u32 = 2;

/** Reads a line; false if it is no key=value line. */
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

/** Finds the pairs and makes their fingerprint; false if there are too few. */
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

/** The slot of a name that has a meaning in these lines, 0 for a name that the mapping leaves out. */
function slotOfName(p: usize, end: usize): usize {
  const slot = slotOfAny(p, end);
  return slot == 0 || isLeftOut(slot) ? 0 : slot;
}

function slotOfAny(p: usize, end: usize): usize {
  setLanes(START_A, START_B);
  absorb(p, end);
  return findName(laneA, end - p);
}

/** After the first free text a name may be anyone's: only the names before it are surely Mimecast's. */
function noteUnknownNames(): void {
  for (let pair: u32 = 0; pair < pairCount && !isOpen(pair); pair++) {
    if (slotOf(pair) != 0) continue;
    const name = nameOf(pair);
    const end = valueOf(pair) - 1;
    if (slotOfAny(name, end) == 0) note(KIND_NAME, name, end);
  }
}

/**
 * The @ of the address at `value`, past the pairs that its local part may hold, else `value`. If another address or a
 * free text begins in between, this address may have no @ at all.
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

/** The "=" after the name at `p`, 0 if there is none. */
function endOfName(p: usize, end: usize): usize {
  const start = p;
  while (p < end && isNameByte(load<u8>(p))) p++;
  return p > start && p < end && load<u8>(p) == 0x3d ? p : 0;
}

function isNameByte(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c - 0x30 < 10 || c == 0x5f || c == 0x2d;
}

/**
 * Reads a line in no known order. Only Mimecast can have written the pairs before the first free text, so later pairs
 * never replace them. Of the later pairs with one name the last counts, because Mimecast's pair comes after the text; and
 * only names that such lines can have count.
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

/** The end of the value: free text goes on past pairs that are not Mimecast's, up to its closing backslash. */
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

/** True for a text with its opening backslash and without its closing one. */
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
