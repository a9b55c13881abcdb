import { attribute, VALUE } from "./log_source_extension.ts";
import type { Mapping } from "./mapping.ts";

/** A custom event property: an attribute that QRadar has no field of its own for. */
export interface CustomProperty {
  readonly name: string;
  readonly key: string;
  readonly type: "string" | "numeric";
  /** Java regular expression; the value is group 1. */
  readonly regex: string;
  /** "Parse in advance for rules": QRadar extracts it from every event, so that rules can test it. */
  readonly forceparse: boolean;
}

/**
 * One for every key of the mapping but those that QRadar reads into fields of its own. `sev` is among them: on a log
 * source of the custom type the severity is that of the QID. Names are global in QRadar, hence the prefix.
 */
export function customProperties(mapping: Mapping): CustomProperty[] {
  const keys = new Set(mapping.attributes.map(({ key }) => key).filter((key) => !FIELDS.has(key)));
  return [...keys]
    .map((key) => {
      const type = NUMERIC.has(key) ? ("numeric" as const) : ("string" as const);
      const value = type === "numeric" ? "-?\\d+(?:\\.\\d+)?" : VALUE;
      const regex = attribute(key, value);
      return { name: `Mimecast ${title(key)}`, key, type, regex, forceparse: FOR_RULES.has(key) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The extension fills these. */
const FIELDS = new Set(["cat", "devTime", "src", "dst", "usrName"]);

const FOR_RULES = new Set(["sender", "recipients", "url", "sha256", "messageId"]);

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
  dstHost: "Destination Host",
  events: "Events Collected",
  fileExt: "File Extension",
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
  "Sha256",
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
  const rows = customProperties(mapping).map(({ name, key, type, regex, forceparse }) =>
    [name, key, type, forceparse ? "yes" : "no", regex, "1"].map(quote).join(","),
  );
  return `name,key,type,parse in advance,regex,capture group\n${rows.join("\n")}\n`;
}

/** RFC 4180: what holds a comma or a quote stands in quotes. */
function quote(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
