import { pieces, writeAttributes } from "./attributes.ts";
import { cutToLimit } from "./budget.ts";
import { copy, writeNumber } from "./bytes.ts";
import { startOf } from "./fields.ts";
import { apiOfRecord, cat, event, hostEnd, hostStart, severity, time } from "./record.ts";
import { keyLength, keyText } from "./keys.ts";
import { delimiter, leefOne, maxLine } from "./settings.ts";
import { CATS, EVENTS, FIELD_TIMESTAMP, KEY_CAT, KEY_DEV_TIME, KEY_SEV, TEXT, TEXT_HEADER, TEXT_HEADER_LENGTH } from "./tables.ts";
import { beginText } from "./text.ts";
import { timestampIsTime, writeTime } from "./time.ts";

/**
 * The whole syslog line (LEEF reference §1.6 and §5.7): `<PRI>1 TIME HOST LEEF:2.0|Mimecast|Email Security|API|ID|^|`
 * and attributes, cat first. The header's time is the event's, so that every sending gives the same line.
 */

/** Writes the line of the current record, at most `maxLine` bytes and without a line feed. */
export function writeLine(to: usize): usize {
  const start = to;
  beginText();
  to = writeHeader(to);
  to = writeLeading(to);
  to = writeAttributes(to, cat);
  return to - start > maxLine ? cutToLimit(start, to, pieces) : to;
}

function writeHeader(to: usize): usize {
  // local0.info, local0.warning from severity 5 on, local0.err from 8 on.
  store<u64>(to, severity >= 8 ? 0x31203e3133313c : severity >= 5 ? 0x31203e3233313c : 0x31203e3433313c);
  to += 5;
  store<u16>(to, 0x2031);
  to = writeTime(to + 2, time);
  store<u8>(to++, 0x20);
  to = copy(to, hostStart, <u32>(hostEnd - hostStart));
  const name = to;
  to = copy(to, TEXT + TEXT_HEADER, TEXT_HEADER_LENGTH);
  if (leefOne) store<u8>(name, 0x31, 6);
  store<u32>(to, apiOfRecord);
  to += 4;
  const row = EVENTS + event * 12;
  to = copy(to, TEXT + load<u16>(row), load<u8>(row, 2));
  store<u8>(to++, 0x7c);
  if (leefOne) return to;
  if (delimiter == 0x5e) {
    store<u16>(to, 0x7c5e);
    return to + 2;
  }
  store<u32>(to, 0x7c393078);
  return to + 4;
}

/** cat=…^devTime=…^sev=… */
function writeLeading(to: usize): usize {
  const row = CATS + cat * 16;
  to = copy(to, keyText(KEY_CAT) + 1, keyLength(KEY_CAT) - 1);
  to = copy(to, TEXT + load<u16>(row), load<u8>(row, 2));
  to = copy(to, keyText(KEY_DEV_TIME), keyLength(KEY_DEV_TIME));
  to = writeDevTime(to);
  const length = keyLength(KEY_SEV);
  if (length == 0) return to;
  return writeNumber(copy(to, keyText(KEY_SEV), length), severity);
}

/** The record's own digits if it has thirteen of them. */
function writeDevTime(to: usize): usize {
  return timestampIsTime ? copy(to, startOf(FIELD_TIMESTAMP), 13) : writeNumber(to, time);
}
