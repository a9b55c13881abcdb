import { csv } from "../csv.ts";
import { customProperties } from "../qradar/custom_properties.ts";
import type { AttributeRule, Mapping } from "../qradar/mapping.ts";
import type { Family, SeenNames } from "./seen_names.ts";

/** How a value is made (`as` of the mapping). */
const VALUES: Readonly<Record<string, string>> = {
  cat: "the record type",
  devTime: "the time, ms since 1970",
  sev: "see docs/leef.md",
  usrName: "the internal party; see docs/leef.md",
  accountName: "the account's name in the configuration",
  accountId: "as it is; only where it differs from accountName",
  eventUid: "fingerprint of the record",
  timeMissing: "1 where the record has no usable time",
  ambiguous: "1 where a text holds what could be fields (key=value lines only)",
  truncated: "1 where a value was cut",
  text: "as it is",
  lower: "in lower case",
  url: "as it is, ^ and pipe percent-encoded",
  address: "without angle brackets",
  ip: "only an IP address",
  auditIp: "the IP address in the text",
  auditApplication: "the application in the text",
  count: "as it is, not where it is 0",
  rcptCount: "number of recipients, where there are several",
  sha256: "only 64 hex digits",
  patternSha256: "the SHA256 in the pattern",
  checks: "names of those that are true",
  spamDetail: "from the details",
  authResult: "from the list of results",
  virus: "as it is; not where it only repeats rejectionInfo",
  otherHash: "a hash that is not 64 hex digits",
  notAligned: "checks whose domain is not the sender's",
  member: "only of an object",
  fileNames: "without the quotes around each name",
};

const FIELDS: Readonly<Record<string, string>> = {
  cat: "event category",
  devTime: "Log Source Time",
  sev: "Severity",
  src: "Source IP",
  dst: "Destination IP",
  usrName: "Username",
};

const HEAD = [
  "key",
  "value",
  "API 2.0 SIEM",
  "API 1.0 SIEM",
  "other logs",
  "bytes at most",
  "record types",
  "in QRadar",
];

/** CSV with one row for each rule, in the order of the line. Throws for a way of making a value that has no words here. */
export function attributesTable(mapping: Mapping, seen: SeenNames): string {
  const properties = new Map(customProperties(mapping).map(({ key, name }) => [key, name]));
  const rows = mapping.attributes.map((rule) => {
    const names = (rule.from ?? []).flatMap((field) => mapping.fields[field] ?? []);
    const of = (family: Family): string =>
      names.filter((name) => seen.get(name)?.has(family)).join(", ");
    return [
      rule.key,
      valueText(rule),
      of("API 2.0"),
      of("API 1.0"),
      of("logs"),
      rule.max === undefined ? "" : String(rule.max),
      typesOf(rule),
      FIELDS[rule.key] ?? properties.get(rule.key)!,
    ];
  });
  return csv([HEAD, ...rows]);
}

function valueText({ as, member }: AttributeRule): string {
  const words = VALUES[as];
  if (words === undefined)
    throw new Error(`Cannot write docs/leef-attributes.csv: "${as}" must have words`);
  return member === undefined ? words : `${words}; of an object its ${member}`;
}

function typesOf({ cats, except }: AttributeRule): string {
  if (cats !== undefined) return cats.join(", ");
  return except === undefined ? "all" : `all but ${except.join(", ")}`;
}
