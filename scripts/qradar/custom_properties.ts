import { uuidOf } from "./identity.ts";
import { attribute, VALUE } from "./log_source_extension.ts";
import type { Mapping } from "./mapping.ts";
import { type SharedProperty, sharedProperty } from "./shared_properties.ts";

/** A custom event property: an attribute that QRadar has no field of its own for. */
export interface CustomProperty {
  /** Id of the property: of IBM's own, or ours, the same in every release. */
  readonly id: string;
  readonly name: string;
  /** Key of the line, which is the expression of the type LEEF too. */
  readonly key: string;
  readonly type: "string" | "numeric";
  /** Java regular expression; the value is group 1. */
  readonly regex: string;
  /** "Parse in advance for rules": QRadar extracts it from every event, so that rules can test it. */
  readonly forceparse: boolean;
  /** The property of IBM's dictionary that the key fills; null: one of our own. */
  readonly shared: SharedProperty | null;
  /** Whether the zip brings it; the others are for work by hand. */
  readonly inZip: boolean;
}

/**
 * One for every key of the mapping but those that QRadar reads into fields of its own. `sev` is among them: on a log
 * source of the custom type the severity is that of the QID. Names are global in QRadar, hence the prefix.
 */
export function customProperties(mapping: Mapping): CustomProperty[] {
  const keys = new Set(mapping.attributes.map(({ key }) => key).filter((key) => !FIELDS.has(key)));
  const lost = [...IN_ZIP].find((key) => !keys.has(key));
  if (lost !== undefined) {
    throw new Error(`Cannot write properties: "${lost}" must be a key of the mapping`);
  }
  return [...keys].map(propertyOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function propertyOf(key: string): CustomProperty {
  const shared = sharedProperty(key);
  const type = NUMERIC.has(key) ? "numeric" : "string";
  const regex = attribute(key, type === "numeric" ? "-?\\d+(?:\\.\\d+)?" : VALUE);
  return {
    id: shared?.id ?? uuidOf(`property ${key}`),
    name: shared?.name ?? `Mimecast ${title(key)}`,
    key,
    type,
    regex,
    forceparse: shared?.forceparse ?? FOR_RULES.has(key),
    shared,
    inZip: shared !== null || IN_ZIP.has(key),
  };
}

/** The extension fills these. */
const FIELDS = new Set(["cat", "devTime", "src", "dst", "usrName"]);

const FOR_RULES = new Set(["sender", "recipients", "messageId"]);

/** What searches show, what an analyst filters by, and what leads from one event of a message to the others. */
const IN_ZIP = new Set([
  "accountName",
  "action",
  "auditType",
  "checks",
  "direction",
  "endpoint",
  "eventInfo",
  "eventUid",
  "holdReason",
  "lagSeconds",
  "messageId",
  "operator",
  "processingId",
  "reason",
  "recipients",
  "rejectionType",
  "sender",
  "senderHeader",
  "sev",
  "subject",
  "truncated",
  "urlCategory",
]);

const NUMERIC = new Set([
  "sev",
  "rcptCount",
  "attCount",
  "attBytes",
  "emailSize",
  "fileSize",
  "attempts",
  "deliveryMs",
  "spamScore",
  "lagSeconds",
  "events",
  "itemsDetected",
  "hits",
]);

/** Where the key itself would not read well. A property must never be called "Count": it breaks AQL. */
const TITLES: Readonly<Record<string, string>> = {
  sev: "Severity",
  accountName: "Account",
  rcptCount: "Recipient Count",
  attCount: "Attachment Count",
  attBytes: "Attachment Bytes",
  attNames: "Attachment Names",
  aCode: "aCode",
  customerIp: "Is Customer IP",
  mimecastIp: "Is Mimecast IP",
  deliveryMs: "Delivery Milliseconds",
  events: "Events Collected",
  fileExt: "File Extension",
  fileHash: "Other File Hash",
  fileMime: "File MIME Type",
  rcptActType: "Recipient Action Type",
  rcptHdrType: "Recipient Header Type",
  raw: "Raw Record",
};

const CAPITALS = new Set([
  "Id",
  "Ip",
  "Url",
  "Uid",
  "Sha1",
  "Md5",
  "Tls",
  "Spf",
  "Dkim",
  "Dmarc",
  "Rbl",
]);

/** senderIp -> Sender IP. */
function title(key: string): string {
  const words = key.split(/(?=[A-Z])/).map((word) => word[0]!.toUpperCase() + word.slice(1));
  return (
    TITLES[key] ?? words.map((word) => (CAPITALS.has(word) ? word.toUpperCase() : word)).join(" ")
  );
}

/** The table for work by hand in the user interface. */
export function customPropertiesTable(mapping: Mapping): string {
  const rows = customProperties(mapping).map(({ name, key, type, regex, forceparse, inZip }) =>
    [name, key, type, yes(forceparse), yes(inZip), regex, "1"].map(quote).join(","),
  );
  return `name,LEEF key,type,parse in advance,in the zip,regex,capture group\n${rows.join("\n")}\n`;
}

const yes = (value: boolean): string => (value ? "yes" : "no");

/** RFC 4180: a value with a comma or a quote is in quotes. */
function quote(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
