import { ARRAY, beginRecord, has, keep, OBJECT, PLAIN, SCALAR, setMarks, STRING } from "./fields.ts";
import { dirty, readNested, readScalar, readString, skipSpace } from "./json.ts";
import { fieldOf, findName, marksOf, notInUid } from "./names.ts";
import { head, lowest, special } from "./swar.ts";
import { FIELD_EVENT, FIELD_EVENT_UID } from "./tables.ts";
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

const QUOTE: u32 = 0x22;
const OPEN_OBJECT: u32 = 0x7b;
const OPEN_LIST: u32 = 0x5b;
const CLOSE_OBJECT: u32 = 0x7d;
const COMMA: u32 = 0x2c;
const NULL_WORD: u32 = 0x6c6c756e;

/**
 * Reads an object once: known values into the table of fields, marks of all names, the fingerprint of all members.
 * Returns the address behind the closing bracket, 0 where it is not JSON. The words of plain names and values go
 * through the same registers that test them, which is why this function is long.
 */
export function scanObject(p: usize): usize {
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
    let bits = special(word);
    while (bits == 0) {
      a = stepA(a, word);
      b = stepB(b, word);
      p += 8;
      word = load<u64>(p);
      bits = special(word);
    }
    const rest = lowest(bits);
    p += rest;
    if (load<u8>(p) == QUOTE) {
      word = head(word, rest);
      a = stepA(a, word);
      b = stepB(b, word);
    } else {
      p = readString(name);
      if (p == 0) return 0;
      setLanes(START_A, START_B);
      absorb(name, p);
      a = laneA;
      b = laneB;
    }
    const nameLength = p - name;
    const slot = findName(a);
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
        a = stepA(a, word);
        b = stepB(b, word);
        p += 8;
        word = load<u64>(p);
        bits = special(word);
      }
      const rest = lowest(bits);
      p += rest;
      if (load<u8>(p) == QUOTE) {
        word = head(word, rest);
        a = stepA(a, word);
        b = stepB(b, word);
      } else {
        p = readString(value);
        if (p == 0) return 0;
        form = STRING;
        setLanes(nameA, nameB);
        absorb(value, p);
        a = laneA;
        b = laneB;
      }
      valueEnd = p++;
    } else {
      if (c == OPEN_OBJECT || c == OPEN_LIST) {
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
      setLanes(a, b);
      absorb(value, p);
      a = laneA;
      b = laneB;
    }

    if (slot != 0) marks |= marksOf(slot);
    const isNull = form == SCALAR && load<u32>(value) == NULL_WORD;
    if (!isNull) {
      if (slot == 0 || !notInUid(slot)) {
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

function finish(p: usize, sumA: u64, sumB: u64, members: u32, marks: u64): usize {
  setSums(sumA, sumB);
  setMarks(marks);
  finishUid(members);
  return p + 1;
}
