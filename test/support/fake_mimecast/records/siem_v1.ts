import { offsetTime } from "../api_time.ts";
import type { RecordType } from "../record_types.ts";
import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { ACCOUNT_CODE } from "./names.ts";
import * as mail from "./siem_v1_mail.ts";
import * as threats from "./siem_v1_threats.ts";

/** Minutes: API 1.0 writes the tenant's local time with its offset (reference 1.6). */
const OFFSETS = [60, 60, 0, -240];

/**
 * A record of an API 1.0 SIEM file (reference 1.6). The id stands in `aCode`; the types without one carry
 * it in `fileName` (av, ttp ap) or `url` (ttp url).
 */
export function siemV1(type: RecordType, draw: Draw, id: string, atMs: number): Fields {
  const head = { acc: ACCOUNT_CODE, datetime: offsetTime(atMs, draw.pick(OFFSETS)) };
  const make = MAKERS[type];
  if (make === undefined) throw new RangeError(`API 1.0 has no SIEM record of type "${type}"`);
  return make(draw, head, id);
}

const MAKERS: { readonly [type in RecordType]?: mail.MakerV1 } = {
  receipt: mail.receiptV1,
  process: mail.processV1,
  delivery: mail.deliveryV1,
  journal: mail.journalV1,
  av: threats.avV1,
  spam: threats.spamV1,
  internal_email_protect: threats.internalEmailProtectV1,
  impersonation_protect: threats.impersonationProtectV1,
  url_protect: threats.urlProtectV1,
  attachment_protect: threats.attachmentProtectV1,
};
