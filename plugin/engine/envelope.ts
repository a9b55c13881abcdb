import { kindOfName } from "./classify.ts";
import { endOf, formOf, has, OBJECT, PLAIN, RAW, startOf, STRING } from "./fields.ts";
import { scanKeyValue } from "./key_value.ts";
import { EVENT_TEXT, EVENT_TEXT_SIZE } from "./memory.ts";
import { BODY_JSON, BODY_QUOTED, concludeMalformed, setApi, setBody, setRaw, takeAccount } from "./record.ts";
import { scanWithoutUid } from "./scan.ts";
import { API_1, API_2 } from "./settings.ts";
import {
  FIELD_ACCOUNT,
  FIELD_API,
  FIELD_EVENT,
  FIELD_EVENT_UID,
  FIELD_MESSAGE,
  FIELD_SOURCE,
  KIND_AUTO,
  PROBLEM_SYNTAX,
  PROBLEM_SYNTAX_LENGTH,
} from "./tables.ts";
import { unescape } from "./text.ts";
import { setUid, takeUid, uidHigh, uidLow } from "./uid.ts";

/**
 * Reads a record in our own envelope, {"time","account","api","source","type","eventUid","event"}: the engine encodes
 * `event`, with the envelope's account, API generation and eventUid.
 */

/** True if the current record came in an envelope; true if the envelope already holds a message. */
export let enveloped: bool = false;
export let openedWithMessage: bool = false;
/** The family that the envelope names. */
export let envelopeKind: u32 = 0;

let allowed: bool = false;
let high: u64 = 0;
let low: u64 = 0;

/** Decides, before a record is read, whether it may be an envelope. */
export function expectEnvelope(mayBe: bool): void {
  allowed = mayBe;
  enveloped = false;
  openedWithMessage = false;
}

/** Takes the envelope from the members read so far; false if it is none. */
export function enterEnvelope(): bool {
  if (!allowed || enveloped || !has(FIELD_EVENT_UID)) return false;
  if (!takeUid(startOf(FIELD_EVENT_UID), <u32>(endOf(FIELD_EVENT_UID) - startOf(FIELD_EVENT_UID)))) return false;
  high = uidHigh;
  low = uidLow;
  enveloped = true;
  openedWithMessage = has(FIELD_MESSAGE);
  if (has(FIELD_ACCOUNT)) takeAccount(FIELD_ACCOUNT);
  takeApi();
  envelopeKind = has(FIELD_SOURCE) ? kindOfName(startOf(FIELD_SOURCE), endOf(FIELD_SOURCE)) : KIND_AUTO;
  return true;
}

/** The enveloped object has been scanned. */
export function leaveEnvelope(start: usize, end: usize): void {
  setUid(high, low);
  setBody(start, end, BODY_JSON);
}

/** A member after `event`: only `message` matters. */
export function noteMember(name: usize): void {
  if (load<u64>(name) == 0x226567617373656d) openedWithMessage = true;
}

/**
 * For an envelope that was read as a whole (its members in another order, or `event` as text): makes the enveloped
 * record the current one. False if that cannot be read: then the record is already malformed.
 */
export function openEnvelope(): bool {
  const start = startOf(FIELD_EVENT);
  const end = endOf(FIELD_EVENT);
  const form = formOf(FIELD_EVENT);
  if (form == OBJECT) {
    scanWithoutUid(start);
    leaveEnvelope(start, end);
    return true;
  }
  const quoted = form == PLAIN || form == STRING;
  const textEnd = unescape(EVENT_TEXT, start, end, quoted ? STRING : RAW, EVENT_TEXT_SIZE);
  store<u8>(textEnd, 0x0a);
  const readable = quoted && scanKeyValue(EVENT_TEXT, textEnd);
  setUid(high, low);
  setBody(quoted ? start - 1 : start, quoted ? end + 1 : end, BODY_QUOTED);
  setRaw(EVENT_TEXT, textEnd);
  if (!readable) concludeMalformed(EVENT_TEXT, textEnd, PROBLEM_SYNTAX, PROBLEM_SYNTAX_LENGTH);
  return readable;
}

function takeApi(): void {
  if (!has(FIELD_API) || endOf(FIELD_API) - startOf(FIELD_API) != 3) return;
  const text = load<u32>(startOf(FIELD_API)) & 0xffffff;
  if (text == (API_1 & 0xffffff)) setApi(API_1);
  else if (text == (API_2 & 0xffffff)) setApi(API_2);
}
