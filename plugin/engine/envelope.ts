import { kindOfName } from "./classify.ts";
import { endOf, formOf, has, OBJECT, PLAIN, startOf, STRING } from "./fields.ts";
import { scanKeyValue } from "./key_value.ts";
import { EVENT_TEXT, EVENT_TEXT_SIZE } from "./memory.ts";
import {
  BODY_JSON,
  BODY_QUOTED,
  concludeMalformed,
  setAccount,
  setApi,
  setBody,
  setCat,
} from "./record.ts";
import { scanObject } from "./scan.ts";
import { API_1, API_2 } from "./settings.ts";
import {
  CAT_UNKNOWN,
  FIELD_ACCOUNT,
  FIELD_API,
  FIELD_EVENT,
  FIELD_EVENT_UID,
  FIELD_SOURCE,
  KIND_AUTO,
  PROBLEM_SYNTAX,
  PROBLEM_SYNTAX_LENGTH,
} from "./tables.ts";
import { unescape } from "./text.ts";
import { setUid, takeUid, uidHigh, uidLow } from "./uid.ts";

/**
 * A record in our own envelope, {"time","account","api","source","type","eventUid","event"}: it is encoded from
 * `event`, with the envelope's account, API generation and eventUid.
 */

/** True where the record at hand is one; takes its eventUid. */
export function isEnvelope(): bool {
  if (!has(FIELD_EVENT) || !has(FIELD_EVENT_UID)) return false;
  return takeUid(startOf(FIELD_EVENT_UID), <u32>(endOf(FIELD_EVENT_UID) - startOf(FIELD_EVENT_UID)));
}

/** Makes the enveloped record the one at hand and returns its family. */
export function openEnvelope(): u32 {
  const high = uidHigh;
  const low = uidLow;
  if (has(FIELD_ACCOUNT)) setAccount(startOf(FIELD_ACCOUNT), endOf(FIELD_ACCOUNT), formOf(FIELD_ACCOUNT));
  takeApi();
  const kind = has(FIELD_SOURCE) ? kindOfName(startOf(FIELD_SOURCE), endOf(FIELD_SOURCE)) : KIND_AUTO;
  const start = startOf(FIELD_EVENT);
  const end = endOf(FIELD_EVENT);
  const form = formOf(FIELD_EVENT);
  setCat(CAT_UNKNOWN);
  if (form == OBJECT) {
    scanObject(start);
    setBody(start, end, BODY_JSON);
  } else {
    const quoted = form == PLAIN || form == STRING;
    const textEnd = unescape(EVENT_TEXT, start, end, form, EVENT_TEXT_SIZE);
    store<u8>(textEnd, 0x0a);
    if (!quoted || !scanKeyValue(EVENT_TEXT, textEnd)) {
      concludeMalformed(EVENT_TEXT, textEnd, PROBLEM_SYNTAX, PROBLEM_SYNTAX_LENGTH);
    }
    setBody(quoted ? start - 1 : start, quoted ? end + 1 : end, BODY_QUOTED);
  }
  setUid(high, low);
  return kind;
}

function takeApi(): void {
  if (!has(FIELD_API) || endOf(FIELD_API) - startOf(FIELD_API) != 3) return;
  const text = load<u32>(startOf(FIELD_API)) & 0xffffff;
  if (text == (API_1 & 0xffffff)) setApi(API_1);
  else if (text == (API_2 & 0xffffff)) setApi(API_2);
}
