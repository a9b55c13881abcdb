import { recordId } from "../record_id.ts";
import { type RecordType, TYPE_NAMES, typeRow } from "../record_types.ts";
import { archiveSearch, archiveView } from "./archive.ts";
import { auditEvent } from "./audit.ts";
import { entitiesV2, mailflowV2, urlclickV2 } from "./cloud_integrated.ts";
import { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { dlpEntry, heldRelease, rejection } from "./gateway.ts";
import { ACCOUNT_CODE } from "./names.ts";
import { siemV1 } from "./siem_v1.ts";
import { deliveryV2, journalV2, processV2, receiptV2 } from "./siem_v2_mail.ts";
import * as threats from "./siem_v2_threats.ts";
import { stixObjects } from "./threat_intel.ts";
import { ttpAttachment, ttpImpersonation, ttpUrl } from "./ttp.ts";

/**
 * Which spelling of a SIEM record: a file of API 1.0, a batch file or a streaming answer of API 2.0
 * (reference 0.10). Other records are the same everywhere.
 */
export type Shape = "v1" | "batch" | "stream";

/** What identifies one record. */
export interface RecordKey {
  readonly type: RecordType;
  readonly index: number;
  readonly seed: number;
  readonly atMs: number;
}

/** The chance behind one record. */
export function drawOf({ type, index, seed }: RecordKey): Draw {
  return new Draw(seed, TYPE_NAMES.indexOf(type), index);
}

/** The record as JSON: a pure function of its arguments. */
export function record(key: RecordKey, shape: Shape): Fields {
  const draw = drawOf(key);
  const id = recordId(key.seed, key.type, key.index);
  const log = LOGS[key.type];
  if (log !== undefined) return log(draw, id, key.atMs);
  if (shape === "v1") return siemV1(key.type, draw, id, key.atMs);
  return siemV2(draw, id, key, shape);
}

/** The record's text on the wire: API 1.0 escapes the slashes of its link records (reference 1.6). */
export function recordText(key: RecordKey, shape: Shape): string {
  const text = JSON.stringify(record(key, shape));
  return shape === "v1" && key.type === "url_protect" ? text.replaceAll("/", "\\/") : text;
}

type LogMaker = (draw: Draw, id: string, atMs: number) => Fields;

const LOGS: { readonly [type in RecordType]?: LogMaker } = {
  audit: auditEvent,
  ttp_impersonation: ttpImpersonation,
  ttp_url: ttpUrl,
  ttp_attachment: ttpAttachment,
  dlp: dlpEntry,
  rejections: rejection,
  held_release: heldRelease,
  archive_search: archiveSearch,
  archive_view: archiveView,
  threat_intel: (draw, id, atMs) => ({ objects: stixObjects(draw, id, atMs) }),
};

const SIEM_V2: { readonly [type in RecordType]?: (draw: Draw) => Fields } = {
  receipt: receiptV2,
  process: processV2,
  delivery: deliveryV2,
  journal: journalV2,
  spam: threats.spamV2,
  url_protect: threats.urlProtectV2,
  impersonation_protect: threats.impersonationProtectV2,
  attachment_protect: threats.attachmentProtectV2,
  internal_email_protect: threats.internalEmailProtectV2,
  av: threats.avV2,
  entities: entitiesV2,
  mailflow: mailflowV2,
  urlclick: urlclickV2,
};

/** The common fields stand round the type's own; `_offset` and `_partition` are gone since 2025 (reference 2.9). */
function siemV2(draw: Draw, id: string, key: RecordKey, shape: "batch" | "stream"): Fields {
  const epoch = Math.floor(key.atMs / 1000);
  const { subtype, ...own } = SIEM_V2[key.type]?.(draw) ?? {};
  const type = typeRow(key.type).v2;
  const names = shape === "batch" ? { type, subtype } : { eventType: type, subType: subtype };
  const kafka = shape === "batch" && draw.chance(50) ? { _offset: key.index, _partition: 60 } : {};
  return {
    processingId: `${draw.word(24)}_${id}_${epoch}`,
    aggregateId: draw.chance(70) ? `${id}_${epoch}` : id,
    accountId: ACCOUNT_CODE,
    timestamp: key.atMs,
    ...own,
    ...names,
    ...kafka,
  };
}
