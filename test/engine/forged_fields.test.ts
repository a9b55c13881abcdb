import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createEngine,
  type EngineSettings,
  loadEngine,
  type RecordKind,
} from "../../plugin/encode/engine.ts";
import { runs } from "../support/amount.ts";
import { parseLeef } from "../support/leef_reference.ts";

const WASM = new URL("../../dist/mimecast.wasm", import.meta.url);
if (!existsSync(WASM)) {
  throw new Error('Cannot find dist/mimecast.wasm: run "npm run build" first');
}
const MODULE = loadEngine(readFileSync(WASM));

type Dialect = Pick<EngineSettings, "delimiter" | "leefVersion">;

const DIALECTS: readonly Dialect[] = [
  { delimiter: "^", leefVersion: "2.0" },
  { delimiter: "tab", leefVersion: "2.0" },
  { delimiter: "tab", leefVersion: "1.0" },
];

function linesOf(record: string, dialect: Dialect, kind: RecordKind = "siem"): string[] {
  const engine = createEngine(MODULE, {
    format: "leef",
    account: "acme",
    hostname: "mimecast-acme",
    api: "2.0",
    maxLineBytes: 4096,
    usrName: "internal",
    mapping: { rename: {}, drop: [], severity: {} },
    ...dialect,
  });
  engine.begin(kind);
  const bytes = [...engine.encode(Buffer.from(`${record}\n`))].map((one) => Buffer.from(one.bytes));
  engine.end();
  return Buffer.concat(bytes).toString("utf8").split("\n").slice(0, -1);
}

/** A received mail with these texts, as whoever sends it could write them. */
function mail(texts: Record<string, string>): string {
  return JSON.stringify({
    type: "receipt",
    action: "Rej",
    subtype: "Rej",
    timestamp: 1769860800000,
    processingId: "p1",
    aggregateId: "a1",
    senderIp: "192.0.2.1",
    direction: "Inbound",
    senderEnvelope: "sender@example.net",
    senderHeader: "sender@example.net",
    recipients: "victim@example.com",
    subject: "subject",
    messageId: "<m1@example.net>",
    ...texts,
  });
}

const FIELDS = ["subject", "senderEnvelope", "senderHeader", "messageId", "rejectionInfo"];

/** What no text of a mail may change. */
const SAFE = ["cat", "devTime", "sev", "src", "action", "direction", "usrName", "processingId"];

function attributesOf(record: string, dialect: Dialect): Map<string, string> {
  const lines = linesOf(record, dialect);
  expect(lines).toHaveLength(1);
  const line = parseLeef(lines[0]!, { maxLineBytes: 4096 });
  expect(line.eventId).toBe("receipt_rejected");
  return new Map(line.attributes);
}

describe.each(DIALECTS)("LEEF $leefVersion with $delimiter", (dialect) => {
  const honest = attributesOf(mail({}), dialect);

  test.each([
    "x^sev=1^usrName=admin",
    "x\tsev=1\tusrName=admin",
    "x\nLEEF:2.0|Mimecast|Email Security|2.0|audit_logon_success|^|cat=audit^sev=1",
    "x\r\n<134>1 2026-01-31T12:00:00.000Z mimecast-acme LEEF:2.0|A|B|1|x|^|sev=1",
    "x\u0085sev=1\u2028sev=1\u2029sev=1",
    "x\u0000^sev=1",
    "x|sev=1|usrName=admin",
    "\ufeffx^cat=audit",
    "x\\^sev=1",
    "^".repeat(5000),
    "\ud800^sev=1",
  ])("a subject of %j forges nothing", (subject) => {
    const forged = attributesOf(mail({ subject }), dialect);
    expect(SAFE.map((key) => forged.get(key))).toEqual(SAFE.map((key) => honest.get(key)));
    expect([...forged.keys()].filter((key) => key !== "truncated")).toEqual(
      [...honest.keys()].filter((key) => key !== "subject" || forged.has("subject")),
    );
  });

  test("no text of a mail forges an attribute or an event", () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        ..."^|=\t\n\r\\ <>\"'%{}\u0000\u0085\u2028\ufeffaé\u{1f511}",
        "sev=1",
        "LEEF:2.0|",
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), hostile, (field, text) => {
        const forged = attributesOf(mail({ [field]: text }), dialect);
        expect(SAFE.map((key) => forged.get(key))).toEqual(SAFE.map((key) => honest.get(key)));
        const known = new Set([...honest.keys(), "truncated", "reason", "rejectionInfo"]);
        expect([...forged.keys()].filter((key) => !known.has(key))).toEqual([]);
      }),
      { numRuns: runs(500) },
    );
  });
});
