import { catOf, eventOf, kindOfCat, severityOf } from "./classify.ts";
import { enterEnvelope, enveloped, envelopeKind, expectEnvelope, openEnvelope } from "./envelope.ts";
import { usualSeverity } from "./event_settings.ts";
import { ARRAY, beginRecord, endOf, formOf, has, keep, marks, OBJECT, RAW, startOf } from "./fields.ts";
import { findHost, foundLength } from "./header_host.ts";
import { resetMend, skipSpace } from "./json.ts";
import { scanKeyValue } from "./key_value.ts";
import { KEY_VALUE_MAX, SCRATCH } from "./memory.ts";
import { scanObject } from "./scan.ts";
import { ACCOUNT, accountLength, API_1, API_2, api } from "./settings.ts";
import { findLineFeed } from "./swar.ts";
import {
  CAT_HEALTH,
  CAT_MALFORMED,
  CAT_UNKNOWN,
  FIELD_ACCOUNT,
  FIELD_ACCOUNT_ID,
  FIELD_EVENT,
  FIELD_PROBLEM,
  FIELD_RAW_TEXT,
  KIND_AUTO,
  MARK_API_1,
  MARK_API_2,
  PROBLEM_SIZE,
  PROBLEM_SIZE_LENGTH,
  PROBLEM_SYNTAX,
  PROBLEM_SYNTAX_LENGTH,
  TEXT,
} from "./tables.ts";
import { writeValue } from "./text.ts";
import { timeOfRecord } from "./time.ts";
import { addMember, finishUid, setSums, TAG_RAW } from "./uid.ts";

/** How the record itself becomes JSON: copied, made a string, or copied as the string that it is. */
export const BODY_JSON: u32 = 0;
export const BODY_TEXT: u32 = 1;
export const BODY_QUOTED: u32 = 2;

/** The current record, decided. */
export let cat: u32 = 0;
export let event: u32 = 0;
export let severity: u32 = 0;
export let time: u64 = 0;
/** Its family. */
export let source: u32 = 0;
export let bodyStart: usize = 0;
export let bodyEnd: usize = 0;
export let bodyForm: u32 = 0;
export let accountStart: usize = 0;
export let accountEnd: usize = 0;
export let accountForm: u32 = 0;
export let apiOfRecord: u32 = 0;
export let hostStart: usize = 0;
export let hostEnd: usize = 0;
/** The line feed that ends the record. */
export let lineEnd: usize = 0;

/** More than the attribute `raw` may hold, so that a line from the envelope is marked as shortened too. */
const RAW_MAX: u32 = 2048;

/** The record's own text, without the envelope's escapes. */
let rawStart: usize = 0;
let rawEnd: usize = 0;

export function setBody(start: usize, end: usize, form: u32): void {
  bodyStart = start;
  bodyEnd = end;
  bodyForm = form;
  setRaw(start, end);
}

export function setRaw(start: usize, end: usize): void {
  rawStart = start;
  rawEnd = end;
}

/** A longer name is no account of ours: a line may not have the room for it. */
const ACCOUNT_MAX: usize = 256;

/** Takes a field as the account's name, if its text can be one. */
export function takeAccount(field: u32): void {
  const form = formOf(field);
  const start = startOf(field);
  const end = endOf(field);
  if (form != OBJECT && form != ARRAY && end - start <= ACCOUNT_MAX) setAccount(start, end, form);
}

function setAccount(start: usize, end: usize, form: u32): void {
  accountStart = start;
  accountEnd = end;
  accountForm = form;
}

export function setApi(value: u32): void {
  apiOfRecord = value;
}

/** Reads the record at `p`, its first byte that is not blank. Any bytes make a record. */
export function readRecord(p: usize, kind: u32): void {
  resetMend();
  expectEnvelope(kind == KIND_AUTO);
  setAccount(ACCOUNT, ACCOUNT + accountLength, RAW);
  apiOfRecord = api;
  source = kind;
  const first = load<u8>(p);
  if (first == 0x7b) {
    const end = scanObject(p);
    if (end != 0) {
      lineEnd = skipSpace(end);
      if (load<u8>(lineEnd) == 0x0a) {
        if (!enveloped) setBody(p, end, BODY_JSON);
        decide(kind);
        return;
      }
    }
  }
  expectEnvelope(false);
  setAccount(ACCOUNT, ACCOUNT + accountLength, RAW);
  apiOfRecord = api;
  lineEnd = findLineFeed(p);
  const end = trimmed(p);
  if (end - p <= KEY_VALUE_MAX && first != 0x7b && scanKeyValue(p, end)) {
    setBody(p, end, BODY_TEXT);
    decide(kind);
  } else {
    takeMalformed(p, end, PROBLEM_SYNTAX, PROBLEM_SYNTAX_LENGTH);
  }
}

/** The line's end without blanks and carriage returns. */
function trimmed(p: usize): usize {
  let end = lineEnd;
  while (end > p && (load<u8>(end - 1) == 0x0d || load<u8>(end - 1) == 0x20)) end--;
  return end;
}

/** Makes a record of text whose beginning alone fits into the input buffer. */
export function readOversized(p: usize, end: usize): void {
  setAccount(ACCOUNT, ACCOUNT + accountLength, RAW);
  apiOfRecord = api;
  takeMalformed(p, end, PROBLEM_SIZE, PROBLEM_SIZE_LENGTH);
}

function decide(kind: u32): void {
  if (!enveloped && has(FIELD_EVENT) && enterEnvelope() && !openEnvelope()) {
    source = envelopeKind;
    return;
  }
  if (enveloped) kind = envelopeKind;
  else showGeneration();
  cat = catOf(kind);
  source = kind == KIND_AUTO ? kindOfCat(cat) : kind;
  if (cat == CAT_UNKNOWN) keep(FIELD_RAW_TEXT, rawStart, rawEnd, RAW);
  if (cat == CAT_HEALTH && has(FIELD_ACCOUNT)) takeAccount(FIELD_ACCOUNT);
  conclude();
}

/** Takes the API generation from names that only one of them has; else, or with names of both, from the settings. */
function showGeneration(): void {
  const first = bodyForm == BODY_TEXT || (marks & MARK_API_1) != 0;
  const second = (marks & MARK_API_2) != 0;
  if (first != second) setApi(first ? API_1 : API_2);
}

/** Makes a malformed record: its line says so and quotes its text. */
function takeMalformed(p: usize, end: usize, problem: u32, length: u32): void {
  setSums(0, 0);
  addMember(p, p, p, end, TAG_RAW);
  finishUid(1);
  concludeMalformed(p, end, problem, length);
  setBody(SCRATCH, writeValue(SCRATCH, p, end, RAW, RAW_MAX, false), BODY_TEXT);
}

export function concludeMalformed(p: usize, end: usize, problem: u32, length: u32): void {
  beginRecord();
  keep(FIELD_RAW_TEXT, p, end, RAW);
  keep(FIELD_PROBLEM, TEXT + problem, TEXT + problem + length, RAW);
  cat = CAT_MALFORMED;
  conclude();
}

function conclude(): void {
  if (accountStart == accountEnd && has(FIELD_ACCOUNT_ID)) takeAccount(FIELD_ACCOUNT_ID);
  hostStart = findHost(accountStart, accountEnd);
  hostEnd = hostStart + foundLength();
  event = eventOf(cat);
  const usual = usualSeverity(event);
  severity = usual & 0x80 ? usual & 0x7f : severityOf(event, usual);
  time = timeOfRecord();
}
