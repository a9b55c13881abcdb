import { writeAuditApplication, writeAuditIp } from "./audit.ts";
import { copy, hexValue, same, writeNumber } from "./bytes.ts";
import { ambiguous, ARRAY, endOf, firstOf, formOf, generation, has, OBJECT, PLAIN, startOf } from "./fields.ts";
import { writeAddress } from "./ip.ts";
import { keyLengthAt, keyText } from "./keys.ts";
import { countOf, unquoteNames, writeAuthResult, writeChecks, writeNested, writeNotAligned } from "./lists.ts";
import { FIELDS, PIECES } from "./memory.ts";
import { writePerson } from "./person.ts";
import { accountEnd, accountForm, accountStart } from "./record.ts";
import { writeSpamDetail } from "./spam_detail.ts";
import { lowerWord } from "./swar.ts";
import {
  ATTRIBUTES,
  CATS,
  FIELD_REJECTION_INFO,
  LISTS,
  NONE,
  OP_ACCOUNT_ID,
  OP_ACCOUNT_NAME,
  OP_ADDRESS,
  OP_AMBIGUOUS,
  OP_AUDIT_APPLICATION,
  OP_AUDIT_IP,
  OP_AUTH_RESULT,
  OP_CHECKS,
  OP_COUNT,
  OP_EVENT_UID,
  OP_FILE_NAMES,
  OP_IP,
  OP_LOWER,
  OP_MEMBER,
  OP_NOT_ALIGNED,
  OP_OTHER_HASH,
  OP_PATTERN_SHA256,
  OP_RCPT_COUNT,
  OP_SHA256,
  OP_SPAM_DETAIL,
  OP_TIME_MISSING,
  OP_TRUNCATED,
  OP_URL,
  OP_USR_NAME,
  OP_VIRUS,
  PROGRAMS,
  TEXT,
} from "./tables.ts";
import { isWrapped, shortened, unwrapAngles, writeValue } from "./text.ts";
import { timeIsKnown } from "./time.ts";
import { uidHigh, uidLow, writeHex } from "./uid.ts";

/** The attributes after cat, devTime and sev, as mapping.json lists them for a record type. */

/** How many attributes `writeAttributes` has noted at PIECES, each with its address and number. */
export let pieces: u32 = 0;

export function writeAttributes(to: usize, cat: u32): usize {
  const now = generation;
  let program = PROGRAMS + load<u16>(CATS + cat * 16, 10);
  let piece = PIECES;
  for (let number = <u32>load<u8>(program); number != NONE; number = load<u8>(++program)) {
    const row = ATTRIBUTES + (number << 4);
    let field = <u32>load<u8>(row, 13);
    let slot = FIELDS + (field << 4);
    if (load<u32>(slot) != now) {
      // The record lacks the first field of the list; most lists have no other.
      const fields = <u32>load<u8>(row, 2);
      if (fields == 1) continue;
      field = 0;
      if (fields != 0) {
        field = firstOf(LISTS + load<u16>(row, 4) + 1, fields - 1);
        if (field == 0) continue;
        slot = FIELDS + (field << 4);
      }
    }
    const key = keyText(load<u8>(row, 1));
    const length = keyLengthAt(key);
    if (length == 0) continue;
    const value = copy(to, key, length);
    const end = field == 0 ? writeSpecial(value, cat, row, 0) : writeField(value, cat, row, field, slot);
    if (end == value) continue;
    store<u32>(piece, to);
    store<u32>(piece, row, 4);
    piece += 16;
    to = end;
  }
  pieces = <u32>(piece - PIECES) >> 4;
  return to;
}

/** Copies plain text, the common case, right here. */
// @ts-ignore: decorator
@inline
function writeField(to: usize, cat: u32, row: usize, field: u32, slot: usize): usize {
  const operation = <u32>load<u8>(row);
  if (operation <= OP_ADDRESS && load<u32>(slot, 12) == PLAIN) {
    let start: usize = load<u32>(slot, 4);
    let end: usize = load<u32>(slot, 8);
    if (operation == OP_ADDRESS && isWrapped(start, end)) {
      start++;
      end--;
      if (start == end) return to;
    }
    const length = <u32>(end - start);
    if (length <= <u32>load<u16>(row, 6) && load<u8>(start) != 0x20 && load<u8>(end - 1) != 0x20) {
      return copy(to, start, length);
    }
  }
  return writeSpecial(to, cat, row, field);
}

function writeSpecial(to: usize, cat: u32, row: usize, field: u32): usize {
  const operation = <u32>load<u8>(row);
  const max = <u32>load<u16>(row, 6);
  const member = TEXT + load<u16>(row, 10);
  const memberLength = <u32>load<u8>(row, 12);
  const form = field == 0 ? 0 : formOf(field);
  switch (operation) {
    case OP_USR_NAME:
      return writePerson(to, cat, max);
    case OP_ACCOUNT_NAME:
      return writeValue(to, accountStart, accountEnd, accountForm, max, false);
    case OP_EVENT_UID:
      return writeHex(writeHex(to, uidHigh), uidLow);
    case OP_TIME_MISSING:
      return timeIsKnown ? to : writeNumber(to, 1);
    case OP_AMBIGUOUS:
      return ambiguous ? writeNumber(to, 1) : to;
    case OP_TRUNCATED:
      return shortened ? writeNumber(to, 1) : to;
    case OP_SPAM_DETAIL:
      return writeSpamDetail(to, member, max);
    case OP_AUTH_RESULT:
      return writeAuthResult(to, field, member, memberLength, max);
    case OP_CHECKS:
      return writeChecks(to, LISTS + load<u16>(row, 4), load<u8>(row, 2));
    case OP_RCPT_COUNT: {
      const count = countOf(field);
      return count > 1 ? writeNumber(to, count) : to;
    }
    case OP_NOT_ALIGNED:
      return writeNotAligned(to, field, max);
    case OP_AUDIT_IP:
      return writeAuditIp(to);
    case OP_AUDIT_APPLICATION:
      return writeAuditApplication(to, max);
  }
  if (form == OBJECT || form == ARRAY) {
    if (operation > OP_COUNT && operation != OP_MEMBER && operation != OP_FILE_NAMES) return to;
    const isAddress = operation == OP_ADDRESS;
    return writeNested(to, field, member, memberLength, max, isAddress);
  }
  return writeScalar(to, operation, startOf(field), endOf(field), form, max);
}

function writeScalar(to: usize, operation: u32, start: usize, end: usize, form: u32, max: u32): usize {
  switch (operation) {
    case OP_ADDRESS:
      return unwrapAngles(to, writeValue(to, start, end, form, max, false));
    case OP_URL:
      return writeValue(to, start, end, form, max, true);
    case OP_LOWER:
      return lowerCase(to, writeValue(to, start, end, form, max, false));
    case OP_IP:
      return writeAddress(to, start, end);
    case OP_COUNT:
      return end - start == 1 && load<u8>(start) == 0x30 ? to : writeValue(to, start, end, form, max, false);
    case OP_SHA256:
      return isSha256(start, end) ? copy(to, start, 64) : to;
    case OP_OTHER_HASH:
      return isSha256(start, end) ? to : writeValue(to, start, end, form, max, false);
    case OP_MEMBER:
      return to;
    case OP_FILE_NAMES:
      return unquoteNames(to, writeValue(to, start, end, form, max, false));
    case OP_VIRUS:
      return isRejectionInfo(start, end) ? to : writeValue(to, start, end, form, max, false);
    case OP_PATTERN_SHA256:
      return writePatternSha256(to, start, end);
    case OP_ACCOUNT_ID:
      return isAccount(start, end) ? to : writeValue(to, start, end, form, max, false);
  }
  return writeValue(to, start, end, form, max, false);
}

/** In place, eight bytes at a time where all of them are ASCII. */
function lowerCase(start: usize, end: usize): usize {
  for (let p = start; p < end; p += 8) store<u64>(p, lowerWord(load<u64>(p)));
  return end;
}

function isSha256(start: usize, end: usize): bool {
  if (end - start != 64) return false;
  for (let p = start; p < end; p++) {
    if (hexValue(load<u8>(p)) > 15) return false;
  }
  return true;
}

/** The hash in a STIX pattern: [file:hashes.'SHA-256' = '…'], the first text of 64 hex digits between apostrophes. */
function writePatternSha256(to: usize, start: usize, end: usize): usize {
  for (let p = start; p + 66 <= end; p++) {
    if (load<u8>(p) == 0x27 && load<u8>(p, 65) == 0x27 && isSha256(p + 1, p + 65)) return copy(to, p + 1, 64);
  }
  return to;
}

/** True if Mimecast only repeats the rejection here: it found no virus then. */
function isRejectionInfo(start: usize, end: usize): bool {
  if (!has(FIELD_REJECTION_INFO)) return false;
  const other = startOf(FIELD_REJECTION_INFO);
  return end - start == endOf(FIELD_REJECTION_INFO) - other && same(start, other, <u32>(end - start));
}

/** True if accountName already says the same. */
function isAccount(start: usize, end: usize): bool {
  const length = end - start;
  return length == accountEnd - accountStart && same(start, accountStart, <u32>length);
}
