import { enterEnvelope, leaveEnvelope, noteMember } from "./envelope.ts";
import { ARRAY, beginRecord, keep, OBJECT, PLAIN, SCALAR, setMarks, STRING } from "./fields.ts";
import { readName, readNested, readScalar, readString, readValue, skipSpace } from "./json.ts";
import { fieldOf, findName, marksOf, notInUid } from "./names.ts";
import { head, lowest, quote, special } from "./swar.ts";
import { FIELD_EVENT } from "./tables.ts";
import {
  absorb,
  FACTOR_A,
  FACTOR_B,
  finishUid,
  fold,
  laneA,
  laneB,
  lastWord,
  setLanes,
  setSums,
  START_A,
  START_B,
  stepA,
  stepB,
  TAG_NESTED,
  TAG_SCALAR,
  TAG_STRING,
} from "./uid.ts";
import { KIND_NAME, note } from "./unknown.ts";

const QUOTE: u32 = 0x22;
const OPEN_OBJECT: u32 = 0x7b;
const OPEN_LIST: u32 = 0x5b;
const CLOSE_OBJECT: u32 = 0x7d;
const COMMA: u32 = 0x2c;
const NULL_WORD: u32 = 0x6c6c756e;
/** The slow way reads longer names; all known names are shorter. */
const LONGEST_PLAIN_NAME: usize = 64;

/**
 * Reads an object once: known values into the table of fields, the marks of all names, the fingerprint of all members.
 * Returns the address after the closing bracket, or 0 if the text is not JSON. The words of plain names and values go
 * through the same registers that test them, which makes this function long.
 */
export function scanObject(p: usize): usize {
  return scanMembers<Hashed>(p);
}

/** As scanObject, but without the fingerprint, for a record that already has one. */
export function scanWithoutUid(p: usize): usize {
  return scanMembers<Plain>(p);
}

/** The two ways of scanning, told apart when the engine is compiled. */
type Hashed = i32;
type Plain = f32;

function scanMembers<T>(p: usize): usize {
  const hashed = isInteger<T>();
  beginRecord();
  let sumA: u64 = 0;
  let sumB: u64 = 0;
  let members: u32 = 0;
  let marks: u64 = 0;
  p = skipSpace(p + 1);
  if (load<u8>(p) == CLOSE_OBJECT) return finish(p, 0, 0, 0, 0);
  while (true) {
    if (load<u8>(p) != QUOTE) return 0;
    const name = ++p;
    let a = START_A;
    let b = START_B;
    let word = load<u64>(p);
    let bits = quote(word);
    while (bits == 0 && p - name < LONGEST_PLAIN_NAME) {
      a = stepA(a, word);
      if (hashed) b = stepB(b, word);
      p += 8;
      word = load<u64>(p);
      bits = quote(word);
    }
    const rest = lowest(bits);
    p += rest;
    word = head(word, rest);
    a = stepA(a, word);
    if (hashed) b = stepB(b, word);
    const slot = findName(a, p - name);
    if (slot == 0) {
      // Only an unknown name can hold escapes or forbidden characters.
      p = readString(name);
      if (p == 0) return 0;
      note(KIND_NAME, name, p);
      if (hashed) {
        setLanes(START_A, START_B);
        absorb(name, p);
        a = laneA;
        b = laneB;
      }
    }
    const nameLength = p - name;
    p = skipSpace(p + 1);
    if (load<u8>(p) != 0x3a) return 0;
    p = skipSpace(p + 1);

    let tag = TAG_STRING;
    let form = PLAIN;
    let value = p;
    let valueEnd = p;
    const c = <u32>load<u8>(p);
    if (c == QUOTE) {
      value = ++p;
      const nameA = a;
      const nameB = b;
      word = load<u64>(p);
      bits = special(word);
      while (bits == 0) {
        if (hashed) {
          a = stepA(a, word);
          b = stepB(b, word);
        }
        p += 8;
        word = load<u64>(p);
        bits = special(word);
      }
      const rest = lowest(bits);
      p += rest;
      if (load<u8>(p) != QUOTE) {
        p = readString(value);
        if (p == 0) return 0;
        form = STRING;
        if (hashed) {
          setLanes(nameA, nameB);
          absorb(value, p);
          a = laneA;
          b = laneB;
        }
      } else if (hashed) {
        word = head(word, rest);
        a = stepA(a, word);
        b = stepB(b, word);
      }
      valueEnd = p++;
    } else {
      if (c == OPEN_OBJECT || c == OPEN_LIST) {
        if (hashed && slot != 0 && fieldOf(slot) == FIELD_EVENT && c == OPEN_OBJECT && enterEnvelope()) {
          return scanEnvelope(p);
        }
        p = readNested(p);
        tag = TAG_NESTED;
        form = c == OPEN_OBJECT ? OBJECT : ARRAY;
      } else {
        p = readScalar(p);
        tag = TAG_SCALAR;
        form = SCALAR;
      }
      if (p == 0) return 0;
      valueEnd = p;
      if (hashed) {
        setLanes(a, b);
        absorb(value, p);
        a = laneA;
        b = laneB;
      }
    }

    if (slot != 0) marks |= marksOf(slot);
    const isNull = form == SCALAR && load<u32>(value) == NULL_WORD;
    if (!isNull) {
      if (hashed && (slot == 0 || !notInUid(slot))) {
        word = lastWord(nameLength, valueEnd - value, tag);
        sumA += fold(stepA(a, word), FACTOR_B);
        sumB += fold(stepB(b, word), FACTOR_A);
        members++;
      }
      if (slot != 0) {
        const field = fieldOf(slot);
        if (field != 0) keep(field, value, valueEnd, form);
      }
    }

    p = skipSpace(p);
    const after = <u32>load<u8>(p);
    if (after == COMMA) p = skipSpace(p + 1);
    else return after == CLOSE_OBJECT ? finish(p, sumA, sumB, members, marks) : 0;
  }
}

/** Opens our own envelope at its `event`, which is the record; returns the address after the envelope. */
function scanEnvelope(event: usize): usize {
  const eventEnd = scanWithoutUid(event);
  if (eventEnd == 0) return 0;
  leaveEnvelope(event, eventEnd);
  let p = skipSpace(eventEnd);
  while (load<u8>(p) == COMMA) {
    const name = skipSpace(p + 1);
    const value = readName(name);
    if (value == 0) return 0;
    noteMember(name + 1);
    p = readValue(value);
    if (p == 0) return 0;
    p = skipSpace(p);
  }
  return load<u8>(p) == CLOSE_OBJECT ? p + 1 : 0;
}

function finish(p: usize, sumA: u64, sumB: u64, members: u32, marks: u64): usize {
  setSums(sumA, sumB);
  setMarks(marks);
  finishUid(members);
  return p + 1;
}
