import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RecordKind } from "../../plugin/encode/engine.ts";
import { EVENT_IDS, encodeWith, engineWith } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

/** Real payloads are kept outside the repository: where they are absent, this file has nothing to say. */
const SAMPLES = new URL("../../../shared/samples/", import.meta.url);

/** Files with one record a line, and the families that are in them. */
const LINES: Readonly<Record<string, RecordKind>> = {
  "sekoia/siem-v2.part.ndjson": "siem",
  "elastic/siem_logs/siem-v2.part.log": "siem",
  "elastic/siem_logs/test-siem-docs-logs.log": "siem",
  "elastic/siem_logs/test-siem-logs.log": "siem",
  "ecs_rfc/0010-email.md.mimecast-receipt.kv.log": "siem",
  "elastic/other/archive-search.part.log": "archive_search",
  "elastic/other/audit-events.part.log": "audit",
  "elastic/other/cloud-integrated.part.log": "cloud_integrated",
  "elastic/other/dlp-logs.part.log": "dlp",
  "elastic/other/ttp-attachment.log": "ttp_attachment",
  "elastic/other/ttp-impersonation.log": "ttp_impersonation",
  "elastic/other/ttp-url.part.log": "ttp_url",
  "elastic/issues/issue-10313.audit-comma-in-name.json": "audit",
  "elastic/issues/issue-18619.audit-mimecastcentral-sso.json": "audit",
};

/** Answers of the API: records are the innermost objects of `data`, `value`, or `objects`. */
const ANSWERS: Readonly<Record<string, RecordKind>> = {
  "demisto/MimecastEventCollector/data.py.AUDIT_LOG_RESPONSE.json": "audit",
  "demisto/MimecastEventCollector/data.py.FILTER_SAME_TIME_EVEMTS.audit_response.json": "audit",
  "demisto/MimecastEventCollector/data.py.SIEM_LOG_PROCESS_EVENT.json": "siem",
  "demisto/MimecastEventCollector/siem_response_multiple_events.json": "siem",
  "demisto/MimecastEventCollectorV2/siem_raw_response.json": "siem",
  "demisto/MimecastEventCollectorV2/audit_raw_response.json": "audit",
  "demisto/MimecastV2/get_archive_search_logs_response.json": "archive_search",
  "demisto/MimecastV2/get_search_logs_response.json": "archive_search",
  "demisto/MimecastV2/get_view_logs_response.json": "archive_view",
  "elastic/mock_bodies/v1/ttp-threat-intel-get-feed.stix.json": "threat_intel",
};

/** Lines that are not JSON in the sample itself. */
const BROKEN = /"ReceiptAck":"250 SmtpInternalThread-19194240/;
/** An empty page that the sample's collector took for a record. */
const EMPTY_PAGE = /^\{"meta":/;

/** What the sample's own collector has put into its records. */
const OTHERS = ["field Content-Disposition", "field xsiem_classifier", "type MTA"];

const here = existsSync(SAMPLES);
const exists = (file: string) => existsSync(new URL(file, SAMPLES));

describe.skipIf(!here)(
  `samples of other projects${here ? "" : " (skipped: not on this machine)"}`,
  () => {
    it.each(Object.entries(LINES).filter(([file]) => exists(file)))("%s", (file, kind) => {
      const lines = readFileSync(new URL(file, SAMPLES), "utf8").split("\n");
      check(
        lines.filter((line) => line.trim() !== "" && !BROKEN.test(line) && !EMPTY_PAGE.test(line)),
        kind,
      );
    });

    it.each(Object.entries(ANSWERS).filter(([file]) => exists(file)))("%s", (file, kind) => {
      const answer = JSON.parse(readFileSync(new URL(file, SAMPLES), "utf8"));
      const records = recordsIn(answer).map((record) => JSON.stringify(record));
      expect(records.length).toBeGreaterThan(0);
      check(records, kind);
    });

    it.each(readdirOf("elastic/mock_bodies"))("%s", (file) => {
      const kind = (
        /(audit|dlp|ttp-url|ttp-attachment|ttp-impersonation)/.exec(file)?.[1] ?? "auto"
      ).replace("-", "_");
      const records = recordsIn(JSON.parse(readFileSync(new URL(file, SAMPLES), "utf8")));
      check(
        records.map((record) => JSON.stringify(record)),
        kind as RecordKind,
      );
    });
  },
);

/** Every record becomes a valid line of a known type, told or found out, and the same; the mapping knows all of it. */
function check(records: readonly string[], kind: RecordKind): void {
  const block = `${records.join("\n")}\n`;
  const engine = engineWith();
  const told = encodeWith(engine, kind, [block]);
  const unknown = engine.takeUnknown().map((each) => `${each.kind} ${each.name}`);
  expect(unknown.filter((each) => !OTHERS.includes(each))).toEqual([]);
  expect([told.lines.length, told.malformed]).toEqual([records.length, 0]);
  for (const line of told.lines) {
    const { eventId, attributes } = parseLeef(line, { maxLineBytes: 4096 });
    expect(EVENT_IDS).toContain(eventId);
    expect(eventId).not.toBe("unknown_other");
    expect(attributes.has("timeMissing")).toBe(false);
    checkMeaning(eventId, attributes);
  }
  expect(encodeWith(engineWith(), "auto", [block]).lines).toEqual(told.lines);
}

/** What has to be true of every line, whatever the record. */
function checkMeaning(eventId: string, line: ReadonlyMap<string, string>): void {
  const of = (key: string) => line.get(key) ?? "";
  const cat = of("cat");
  const recipients = of("recipients").split(",");
  if (cat === "process") expect(line.has("usrName")).toBe(false);
  if (of("direction") === "inbound" && line.has("usrName"))
    expect(recipients).toContain(of("usrName"));
  if (of("direction") === "outbound" && line.has("usrName"))
    expect(of("usrName")).toBe(of("sender"));
  if (line.has("virusFound")) expect(of("virusFound")).not.toBe(of("rejectionInfo"));
  if (/scan/i.test(of("creationMethod"))) expect(eventId).toMatch(/^ttp_url_scan_/);
  if (/\bIP\b[^A-Za-z0-9]*(?:is )?\d+\.\d+\.\d+\.\d+/.test(of("eventInfo"))) {
    expect([of("eventInfo"), line.has("src")]).toEqual([of("eventInfo"), true]);
  }
  if (cat === "ci_entities") expect(of("action")).not.toBe(of("threatType"));
  expect(of("attNames")).not.toMatch(/^"|"$/);
}

function readdirOf(folder: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(new URL(`${folder}/`, SAMPLES), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json") && !/empty|oauth|threat-intel/.test(name))
    .map((name) => `${folder}/${name}`);
}

/** Lists of objects under the names that the API uses, opened until the records are reached. */
function recordsIn(answer: unknown): object[] {
  if (Array.isArray(answer)) return answer.flatMap(recordsIn);
  const members = Object.entries(answer as object);
  const inner = members.filter(
    ([name, value]) => Array.isArray(value) && /^(data|value|objects|logs|\w+Logs)$/.test(name),
  );
  return inner.length === 0 ? [answer as object] : inner.flatMap(([, value]) => recordsIn(value));
}
