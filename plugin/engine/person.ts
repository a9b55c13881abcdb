import { ARRAY, endOf, formOf, has, OBJECT, PLAIN, startOf } from "./fields.ts";
import { itemEnd, itemForm, isNothing, itemStart, nextItem, takeMember } from "./nested.ts";
import { policy, POLICY_INTERNAL, POLICY_RECIPIENT } from "./settings.ts";
import { COMMAS, findByte } from "./swar.ts";
import {
  CAT_DELIVERY,
  CATS,
  FIELD_DIRECTION,
  FIELD_RECIPIENTS,
  FIELD_ROUTE,
  FIELD_SENDER,
  TEXT,
  TEXT_EMAIL_ADDRESS,
  TEXT_EMAIL_ADDRESS_LENGTH,
  USER_DIRECTION,
  USER_FIELD,
  USER_NONE,
  USER_RECIPIENT,
} from "./tables.ts";
import { isWrapped, unwrapAngles, writeValue } from "./text.ts";

/** Whose event it is: the internal party (field mapping, conflicts between peers), or as the settings say. */

/** Writes usrName of the record at hand, nothing where it has no one. */
export function writePerson(to: usize, cat: u32, max: u32): usize {
  const row = CATS + cat * 16;
  const user = <u32>load<u8>(row, 4);
  if (user == USER_NONE) return to;
  if (user == USER_FIELD) return writeFirst(to, load<u8>(row, 5), max, false);
  const recipientFirst =
    policy == POLICY_INTERNAL
      ? user == USER_RECIPIENT || (user == USER_DIRECTION && isInbound(cat))
      : policy == POLICY_RECIPIENT;
  const end = writeFirst(to, recipientFirst ? FIELD_RECIPIENTS : FIELD_SENDER, max, true);
  return end > to ? end : writeFirst(to, recipientFirst ? FIELD_SENDER : FIELD_RECIPIENTS, max, true);
}

/** False for outbound and internal mail; true also where the direction is not known. A delivery's route is a policy. */
function isInbound(cat: u32): bool {
  const field = has(FIELD_DIRECTION) ? FIELD_DIRECTION : cat == CAT_DELIVERY ? 0 : FIELD_ROUTE;
  if (field == 0 || !has(field)) return true;
  const start = startOf(field);
  const first = load<u8>(start) | 0x20;
  const third = load<u8>(start, 2) | 0x20;
  const outbound = first == 0x6f;
  const internal = first == 0x69 && third == 0x74;
  return !outbound && !internal;
}

/** The first address of a text (with commas, where it is a list), of a list, or of an object with `emailAddress`. */
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
  if (isList) end = findByte(start, end, COMMAS);
  if (form == PLAIN && isWrapped(start, end)) {
    start++;
    end--;
  }
  return unwrapAngles(to, writeValue(to, start, end, form, max, false));
}
