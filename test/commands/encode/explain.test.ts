import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Explanation, explain } from "../../../plugin/commands/encode/explain.ts";
import { explanationText } from "../../../plugin/commands/encode/explain_text.ts";
import { runs } from "../../support/amount.ts";
import { line as anyLine } from "../../support/any_record.ts";
import { engineWith, lineOf } from "../../support/engine_lines.ts";
import { parseLeef } from "../../support/leef_reference.ts";

const plain = { account: "", hostname: "" };
const engines = () => ({
  engine: engineWith(plain),
  wide: engineWith({ ...plain, maxLineBytes: 32_000 }),
});
const shared = engines();
const explained = (record: object | string): Explanation =>
  explain(Buffer.from(typeof record === "string" ? record : JSON.stringify(record)), shared);
const becameOf = ({ fields }: Explanation) =>
  Object.fromEntries(
    fields.map(({ name, use, attributes, note }) => [name, [use, attributes.join(), note]]),
  );

/** Attributes that no member of the record is the source of. */
const OURS = [
  "cat",
  "devTime",
  "sev",
  "accountName",
  "eventUid",
  "timeMissing",
  "truncated",
  "ambiguous",
  "raw",
];

/** What the explanation says is what the line holds. */
function check(record: Buffer): void {
  const { event, severity, user, source, time, type, fields, line } = explain(record, shared);
  expect(line).toBe(lineOf(record, plain));
  const { eventId, attributes } = parseLeef(line);
  expect([event.value, String(severity.value)]).toEqual([eventId, attributes.get("sev")]);
  expect(type.value).toBe(attributes.get("cat"));
  expect(user.value).toBe(attributes.get("usrName") ?? null);
  expect(source.value).toBe(attributes.get("src") ?? null);
  expect(time.value === null).toBe(attributes.has("timeMissing"));
  const wanted = [...attributes.keys()].filter((key) => !OURS.includes(key));
  const told = new Set(fields.flatMap((field) => field.attributes));
  if (!/^(?:malformed|unknown)_other$/.test(eventId)) {
    for (const key of wanted) expect([...told], `${key} of ${line}`).toContain(key);
  }
  for (const key of told) expect([...attributes.keys()], line).toContain(key);
  for (const { use, attributes: keys, note } of fields) {
    if (use === "attribute") expect(keys.length > 0 || / the line would be/.test(note)).toBe(true);
    else expect(keys).toEqual([]);
  }
}

describe("explain()", () => {
  it("says of any record what its line holds", () => {
    fc.assert(
      fc.property(anyLine, (bytes) => {
        fc.pre(bytes.toString("latin1").trim() !== "");
        check(bytes);
      }),
      { numRuns: runs(1500) },
    );
  });

  it.each(readdirSync("test/fixtures/records").filter((file) => /\.(?:ndjson|txt)$/.test(file)))(
    "says of the records of %s what their lines hold",
    (file) => {
      const text = readFileSync(`test/fixtures/records/${file}`, "latin1");
      for (const record of text.split("\n").filter((each) => each.trim() !== "")) {
        check(Buffer.from(record, "latin1"));
      }
    },
  );

  const samples = new URL("../../../../shared/samples/elastic/", import.meta.url);
  it.skipIf(!existsSync(samples))("says of real records what their lines hold", () => {
    const files = readdirSync(samples, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".log"))) {
      const records = readFileSync(new URL(file, samples), "latin1").split("\n");
      for (const record of records.filter((each) => each.trim() !== "")) {
        check(Buffer.from(record, "latin1"));
      }
    }
  });

  it("tells how each field was used", () => {
    const record = {
      type: "receipt",
      action: "Rej",
      subtype: "Rej",
      timestamp: 1767225600000,
      direction: "inbound",
      recipients: "jo@example.com",
      senderIp: "no address",
      numberAttachments: "0",
      subject: "x".repeat(300),
      rejectionType: "Virus Signature Detection",
      virusFound: null,
      reasonId: "x",
      spec_version: "2",
      tags: "x",
      color: "red",
    };
    const explanation = explained(record);
    expect(explanation).toMatchObject({
      event: {
        value: "receipt_rejected_malicious",
        because: 'action is "Rej"; rejectionType holds "virus"',
      },
      type: { value: "receipt", because: 'type is "receipt"' },
      severity: { value: 7, because: "that of the event" },
      user: { value: "jo@example.com", because: "recipients: the recipient of inbound mail" },
      source: { value: null },
      time: { value: "2026-01-01T00:00:00.000Z", because: "timestamp" },
    });
    expect(becameOf(explanation)).toEqual({
      type: ["rule", "", "decides type"],
      action: ["attribute", "action", "decides event"],
      subtype: ["unused", "", "action comes first"],
      timestamp: ["attribute", "devTime", "decides time"],
      direction: ["attribute", "direction", ""],
      recipients: ["attribute", "usrName,recipients", "decides user"],
      senderIp: ["unused", "", "no IP address"],
      numberAttachments: ["unused", "", "0 is left out"],
      subject: ["attribute", "subject", "subject cut to 256 bytes"],
      rejectionType: ["attribute", "rejectionType", "decides event"],
      virusFound: ["empty", "", "it holds nothing"],
      reasonId: ["left_out", "", "another field says it"],
      spec_version: ["left_out", "", "bookkeeping of STIX"],
      tags: ["unused", "", "receipt lines have no attribute for it"],
      color: ["unknown", "", "the mapping does not know this name"],
    });
  });

  it("tells what a line is too long for", () => {
    const long = { eventInfo: "i".repeat(900), auditType: "t", category: "account_logs" };
    const small = { engine: engineWith({ ...plain, maxLineBytes: 1024 }), wide: engines().wide };
    const { fields } = explain(Buffer.from(JSON.stringify(long)), small);
    expect(fields[0]?.note).toContain("eventInfo cut, the line would be too long");
  });

  it("tells words that it does not know, and of key=value lines what somebody has written", () => {
    expect(explained({ type: "receipt", action: "Xyz" }).event).toMatchObject({
      value: "receipt_other",
      because: 'action "Xyz" is none that the mapping knows',
    });
    const line =
      "datetime=2026-01-01T16:47:41+0100|aCode=a|acc=C1|Shade=7|IP=192.0.2.1|Dir=Inbound|MsgId=<a@b.c>|Subject=\\x|Color=1|Act=Acc\\|Sender=a@b.c|Rcpt=d@e.f|Act=Rej";
    const { event, fields } = explained(line);
    expect(event.because).toBe('action is "Rej"');
    expect(fields.filter(({ use }) => use === "unknown").map(({ name }) => name)).toEqual([
      "Shade",
    ]);
    const written = fields.filter(({ note }) => /somebody wrote/.test(note));
    expect(written.map(({ name, value }) => `${name} ${value}`)).toEqual(["Color 1", "Act Acc"]);
  });

  it("looks into envelopes of ours", () => {
    const record = { type: "receipt", action: "Acc", color: 1 };
    const { fields } = explained(lineOf(record, { ...plain, format: "json" }));
    expect(fields.map(({ name }) => name)).toEqual(["type", "action", "color"]);
  });
});

describe("explanationText()", () => {
  it("is a table for people, without a control character of the record", () => {
    const text = explanationText(
      explained({ type: "receipt", action: "Acc", subject: "a\u001b[2Jb", "x\u001b[0m": 1 }),
      3,
      { color: false, columns: null },
    );
    expect(text).toContain("record 3: receipt_accepted (Mimecast Receipt Accepted)\n  type");
    expect(text).toMatch(/^ {2}event +receipt_accepted +action is "Acc"$/m);
    expect(text).toMatch(/^ {2}x \[0m +1 +unknown: the mapping does not know this name$/m);
    expect(text).not.toContain("\u001b");
  });
});
