import { copy } from "./bytes.ts";
import { STRING } from "./fields.ts";
import { mustMend } from "./json.ts";
import { copyMended, escapeInPlace, writeEscaped } from "./json_text.ts";
import { writeLine } from "./leef_line.ts";
import {
  accountEnd,
  accountForm,
  accountStart,
  apiOfRecord,
  BODY_TEXT,
  bodyEnd,
  bodyForm,
  bodyStart,
  cat,
  source,
  time,
} from "./record.ts";
import { delimiter } from "./settings.ts";
import { CAT_MALFORMED, CATS, EVENTS, KINDS, TEXT } from "./tables.ts";
import { eventOf } from "./classify.ts";
import { marked } from "./text.ts";
import { writeTime } from "./time.ts";
import { uidHigh, uidLow, writeHex } from "./uid.ts";

/**
 * The envelope: {"time","account","api","source","type","eventUid","event"}, and, if the settings ask for it, "message"
 * with the LEEF line. `event` is Mimecast's record as it came.
 */
export function writeEnvelope(to: usize, withLine: bool): usize {
  to = word(to, `{"time":"`);
  to = writeTime(to, time);
  to = word(to, `","account":"`);
  to = writeAccount(to);
  to = word(to, `","api":"`);
  store<u32>(to, apiOfRecord);
  to = word(to + 3, `","source":"`);
  to = name(to, KINDS + source * 4);
  to = word(to, `","type":"`);
  to = cat == CAT_MALFORMED ? name(to, EVENTS + eventOf(cat) * 12) : name(to, CATS + cat * 16);
  to = word(to, `","eventUid":"`);
  to = writeHex(writeHex(to, uidHigh), uidLow);
  to = writeBody(word(to, `","event":`));
  if (withLine) to = writeMessage(to);
  store<u8>(to, 0x7d);
  return to + 1;
}

const TAB: u32 = 0x09;

/** `,"message":"…"`: the LEEF line as JSON text. */
export function writeMessage(to: usize): usize {
  store<u64>(to, 0x67617373656d222c);
  store<u32>(to, 0x223a2265, 8);
  to += 12;
  const end = writeLine(to);
  to = marked || delimiter == TAB ? escapeInPlace(to, end) : end;
  store<u8>(to, 0x22);
  return to + 1;
}

function writeAccount(to: usize): usize {
  // The account of an envelope is JSON text already; the one of the settings is not.
  return accountForm == STRING
    ? copyMended(to, accountStart, accountEnd)
    : writeEscaped(to, accountStart, accountEnd);
}

function writeBody(to: usize): usize {
  if (bodyForm == BODY_TEXT) {
    store<u8>(to, 0x22);
    to = writeEscaped(to + 1, bodyStart, bodyEnd);
    store<u8>(to, 0x22);
    return to + 1;
  }
  if (mustMend) return copyMended(to, bodyStart, bodyEnd);
  return copy(to, bodyStart, <u32>(bodyEnd - bodyStart));
}

function name(to: usize, row: usize): usize {
  return copy(to, TEXT + load<u16>(row), load<u8>(row, 2));
}

function word(to: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(to++, text.charCodeAt(i));
  return to;
}
