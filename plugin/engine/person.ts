import { ARRAY, endOf, formOf, has, OBJECT, PLAIN, startOf } from "./fields.ts";
import { itemEnd, itemForm, isNothing, itemStart, nextItem, takeMember } from "./nested.ts";
import { policy, POLICY_INTERNAL, POLICY_RECIPIENT } from "./settings.ts";
import { ATS, CLOSE_ANGLES, COMMAS, findByte, OPEN_ANGLES } from "./swar.ts";
import {
  CAT_DELIVERY,
  CATS,
  FIELD_CREATION_METHOD,
  FIELD_DIRECTION,
  FIELD_RECIPIENTS,
  FIELD_ROUTE,
  FIELD_SENDER,
  TEXT,
  TEXT_EMAIL_ADDRESS,
  TEXT_EMAIL_ADDRESS_LENGTH,
  USER_CLICK,
  USER_FIELD,
  USER_NONE,
  USER_RECIPIENT,
  USER_SENDER,
} from "./tables.ts";
import { isWrapped, unwrapAngles, writeValue } from "./text.ts";

/**
 * Finds the user of an event: the internal party, or as the settings say. Only the direction tells who is internal;
 * without a direction it is the recipient and never the sender, because each spammer would become a user in QRadar.
 */
const UNKNOWN: u32 = 0;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
const INTERNAL: u32 = 3;
/** Between strangers. */
const EXTERNAL: u32 = 4;

/** Writes usrName of the current record, or nothing if the record has no user. */
export function writePerson(to: usize, cat: u32, max: u32): usize {
  const row = CATS + cat * 16;
  const user = <u32>load<u8>(row, 4);
  if (user == USER_NONE) return to;
  if (user == USER_FIELD) return writeFirst(to, load<u8>(row, 5), max, false);
  if (policy == POLICY_INTERNAL) return writeInternal(to, user, directionOf(cat), max);
  const recipientFirst = policy == POLICY_RECIPIENT;
  const end = writeFirst(to, recipientFirst ? FIELD_RECIPIENTS : FIELD_SENDER, max, true);
  return end > to ? end : writeFirst(to, recipientFirst ? FIELD_SENDER : FIELD_RECIPIENTS, max, true);
}

function writeInternal(to: usize, user: u32, direction: u32, max: u32): usize {
  if (user == USER_RECIPIENT) return writeFirst(to, FIELD_RECIPIENTS, max, true);
  if (direction == OUTBOUND) return writeFirst(to, FIELD_SENDER, max, true);
  if (direction == INTERNAL) {
    const clicked = user == USER_CLICK && !wasScanned();
    const end = writeFirst(to, clicked ? FIELD_RECIPIENTS : FIELD_SENDER, max, true);
    return end > to ? end : writeFirst(to, clicked ? FIELD_SENDER : FIELD_RECIPIENTS, max, true);
  }
  if (direction == EXTERNAL && user != USER_CLICK) return to;
  // A leak mostly has external recipients: without a direction nobody is known to be internal.
  if (user == USER_SENDER && direction == UNKNOWN) return to;
  return writeFirst(to, FIELD_RECIPIENTS, max, true);
}

/** True if Mimecast checked a link without a click (`creationMethod`: Entry Scan). */
function wasScanned(): bool {
  if (!has(FIELD_CREATION_METHOD)) return false;
  const end = endOf(FIELD_CREATION_METHOD);
  for (let p = startOf(FIELD_CREATION_METHOD); p + 5 <= end; p++) {
    if ((load<u32>(p) | 0x20202020) == CLIC && (load<u8>(p, 4) | 0x20) == 0x6b) return false;
  }
  return true;
}

const CLIC: u32 = 0x63696c63;

/** A delivery's route is a policy, not a direction. */
function directionOf(cat: u32): u32 {
  const field = has(FIELD_DIRECTION) ? FIELD_DIRECTION : cat == CAT_DELIVERY ? 0 : FIELD_ROUTE;
  if (field == 0 || !has(field)) return UNKNOWN;
  const start = startOf(field);
  if (endOf(field) - start < 3) return UNKNOWN;
  const first = load<u32>(start) & 0xffffff | 0x202020;
  if (first == 0x74756f) return OUTBOUND;
  if (first == 0x746e69) return INTERNAL;
  if (first == 0x747865) return EXTERNAL;
  return first == 0x626e69 ? INBOUND : UNKNOWN;
}

/** The first address of a text (a list by commas), of a list, or of an object with `emailAddress`. */
function writeFirst(to: usize, field: u32, max: u32, isList: bool): usize {
  if (!has(field)) return to;
  let start = startOf(field);
  let end = endOf(field);
  let form = formOf(field);
  if (form == ARRAY) {
    if (nextItem(start) == 0) return to;
    start = itemStart;
    end = itemEnd;
    form = itemForm;
  }
  if (form == OBJECT) {
    if (!takeMember(start, TEXT + TEXT_EMAIL_ADDRESS, TEXT_EMAIL_ADDRESS_LENGTH) || isNothing(itemStart, itemEnd)) return to;
    start = itemStart;
    end = itemEnd;
    form = itemForm;
  }
  const last = end;
  if (isList) end = findByte(start, end, COMMAS);
  const open = findByte(start, last, OPEN_ANGLES);
  // Jo Lind <jo@example.com>, or a name with a comma before it.
  if (open > start && open < last && (open < end || findByte(start, end, ATS) == end)) {
    start = open;
    end = findByte(open, last, CLOSE_ANGLES) + 1;
    if (end > last) return to;
  }
  if (form == PLAIN && isWrapped(start, end)) {
    start++;
    end--;
  }
  return unwrapAngles(to, writeValue(to, start, end, form, max, false));
}
