import { lower, same } from "./bytes.ts";
import { endOf, firstOf, has, marks, startOf } from "./fields.ts";
import {
  CAT_UNKNOWN,
  CATS,
  EVENTS,
  FIELD_TYPE,
  KIND_AUTO,
  KIND_COUNT,
  KINDS,
  LISTS,
  NONE,
  OUTCOMES,
  REFINEMENTS,
  RULE_COUNT,
  RULES,
  TEXT,
  TYPE_COUNT,
  TYPES,
  VALUES,
  WORDS,
} from "./tables.ts";
import { note } from "./unknown.ts";

/** Decides the record type and the outcome, as one of a closed list of EventIDs (field mapping, SIEM record types). */

/** The record type: the only one of its family, else by `type`, else by the names that the record holds. */
export function catOf(kind: u32): u32 {
  const only = <u32>load<u8>(KINDS + kind * 4, 3);
  if (only != NONE) return only;
  if (has(FIELD_TYPE)) {
    const cat = catOfType(startOf(FIELD_TYPE), <u32>(endOf(FIELD_TYPE) - startOf(FIELD_TYPE)));
    if (cat != NONE) return cat;
  }
  const cat = catOfMarks(marks, kind);
  // In a family with one record type, `type` is absent or means something else.
  const isTyped = load<u8>(KINDS + kindOfCat(cat) * 4, 3) == NONE;
  if (isTyped && has(FIELD_TYPE)) note(FIELD_TYPE, startOf(FIELD_TYPE), endOf(FIELD_TYPE));
  else if (cat == CAT_UNKNOWN) note(FIELD_TYPE, 0, 0);
  return cat;
}

/** The record type that names with these marks belong to. */
export function catOfMarks(marks: u64, kind: u32): u32 {
  for (let i: u32 = 0; i < RULE_COUNT; i++) {
    const rule = RULES + i * 16;
    const wanted = load<u64>(rule);
    if ((marks & wanted) == wanted) {
      const cat = <u32>load<u8>(rule, 8);
      if (kind == KIND_AUTO || kindOfCat(cat) == kind) return cat;
    }
  }
  return CAT_UNKNOWN;
}

function catOfType(start: usize, length: u32): u32 {
  for (let i: u32 = 0; i < TYPE_COUNT; i++) {
    const row = TYPES + i * 4;
    if (load<u8>(row, 2) == length && alike(TEXT + load<u16>(row), start, length)) return load<u8>(row, 3);
  }
  return NONE;
}

/** The family of a record type. */
export function kindOfCat(cat: u32): u32 {
  return load<u8>(CATS + cat * 16, 3);
}

/** The family of this name, "auto" for an unknown one. */
export function kindOfName(start: usize, end: usize): u32 {
  const length = <u32>(end - start);
  for (let kind: u32 = 0; kind < KIND_COUNT; kind++) {
    const row = KINDS + kind * 4;
    if (load<u8>(row, 2) == length && same(TEXT + load<u16>(row), start, length)) return kind;
  }
  return KIND_AUTO;
}

/** The EventID's number: the outcome of the record, narrowed by its other values. */
export function eventOf(cat: u32): u32 {
  return refined(outcomeOf(cat));
}

const ONLY_FIRST: u32 = 1;
const LACKS: u32 = 2;

/** The narrower EventID of the first rule that applies. */
function refined(event: u32): u32 {
  const row = EVENTS + event * 12;
  const count = <u32>load<u8>(row, 10);
  for (let i: u32 = 0; i < count; i++) {
    const rule = REFINEMENTS + (load<u8>(row, 9) + i) * 8;
    if (isMet(rule)) return load<u8>(rule, 6);
  }
  return event;
}

/** True if one of the rule's fields holds one of its words, or, for the other kind, holds none of them. */
function isMet(rule: usize): bool {
  const list = LISTS + load<u16>(rule);
  const fields = <u32>load<u8>(rule, 2);
  const flags = <u32>load<u8>(rule, 7);
  for (let i: u32 = 0; i < fields; i++) {
    const field = <u32>load<u8>(list + i);
    if (!has(field)) continue;
    const found = holdsOneOf(field, load<u16>(rule, 4), load<u8>(rule, 3));
    if (found != ((flags & LACKS) != 0)) return true;
    if (flags & ONLY_FIRST) return false;
  }
  return false;
}

/** By the first known value in the record type's lists. */
function outcomeOf(cat: u32): u32 {
  const row = CATS + cat * 16;
  const count = <u32>load<u8>(row, 8);
  for (let i: u32 = 0; i < count; i++) {
    const group = OUTCOMES + (load<u16>(row, 6) + i) * 8;
    const field = firstOf(LISTS + load<u16>(group), load<u8>(group, 2));
    if (field == 0) continue;
    const event = eventOfValue(startOf(field), endOf(field), load<u16>(group, 4), load<u8>(group, 3));
    if (event != NONE) return event;
    // Only the last list should have all of Mimecast's words.
    if (i + 1 == count) note(field, startOf(field), endOf(field));
  }
  return load<u8>(row, 9);
}

const LOGS: u64 = 0x73676f6c5f;

function eventOfValue(start: usize, end: usize, first: u32, count: u32): u32 {
  // Audit categories end in "_logs" (field mapping, audit), which means nothing.
  if (end - start > 5 && (load<u64>(end - 5) & 0xffffffffff) == LOGS) end -= 5;
  const length = <u32>(end - start);
  for (let i: u32 = 0; i < count; i++) {
    const row = VALUES + (first + i) * 4;
    if (load<u8>(row, 2) == length && alike(TEXT + load<u16>(row), start, length)) return load<u8>(row, 3);
  }
  return NONE;
}

/** Compares without regard to case; blank, hyphen and underscore are equal. `name` is in lower case. */
function alike(name: usize, text: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    let c = lower(load<u8>(text + i));
    if (c == 0x20 || c == 0x2d) c = 0x5f;
    if (c != load<u8>(name + i)) return false;
  }
  return true;
}

/** The severity of an EventID, 1 to 10; one of the record's values may ask for another. */
export function severityOf(event: u32, usual: u32): u32 {
  const row = EVENTS + event * 12;
  const field = <u32>load<u8>(row, 4);
  if (field == 0 || !has(field)) return usual;
  return holdsOneOf(field, load<u16>(row, 7), load<u8>(row, 5)) ? load<u8>(row, 6) : usual;
}

function holdsOneOf(field: u32, first: u32, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    const word = WORDS + (first + i) * 4;
    if (holds(startOf(field), endOf(field), TEXT + load<u16>(word), load<u8>(word, 2))) return true;
  }
  return false;
}

const SEARCHED: usize = 512;

/** True if the beginning of the text holds the word, without regard to case. */
function holds(start: usize, end: usize, word: usize, length: u32): bool {
  if (end > start + SEARCHED) end = start + SEARCHED;
  for (let p = start; p + length <= end; p++) {
    let i: u32 = 0;
    while (i < length && lower(load<u8>(p + i)) == load<u8>(word + i)) i++;
    if (i == length) return true;
  }
  return false;
}
