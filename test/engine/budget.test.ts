import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf } from "../support/engine_lines.ts";
import { type LeefLine, parseLeef } from "../support/leef_reference.ts";

const RECORD = {
  type: "receipt",
  action: "Rej",
  timestamp: 1767225600000,
  senderIp: "2001:db8:1111:2222:3333:4444:5555:6666",
  direction: "inbound",
  senderEnvelope: `${"s".repeat(60)}@example.net`,
  senderHeader: `${"h".repeat(60)}@example.net`,
  messageId: `<${"m".repeat(400)}@example.net>`,
  subject: "Überraschung 📎 ".repeat(40),
  recipients: Array.from({ length: 200 }, (_, index) => `recipient${index}@example.com`).join(","),
  processingId: "p".repeat(60),
  aggregateId: "a".repeat(40),
  rejectionInfo: "漢字 ".repeat(700),
  rejectionType: "Virus Signature Detection",
  url: `https://example.net/${"u".repeat(2000)}`,
  fileName: "f".repeat(400),
  virusFound: "v".repeat(300),
  spamProcessingDetail: '{"spf":{"allow":true,"info":"SOFTFAIL"}}',
};

/** What identifies the event: never shortened, never left out. */
const KEPT = ["cat", "devTime", "sev", "src", "usrName", "eventUid"];

function shortened(maxLineBytes: number, hostname = "mimecast-acme"): LeefLine {
  const line = parseLeef(lineOf(RECORD, { maxLineBytes, hostname }), { maxLineBytes });
  expect(line.attributes.get("truncated")).toBe("1");
  return line;
}

const whole = parseLeef(lineOf(RECORD, { maxLineBytes: 32_000 })).attributes;

describe("a line's budget", () => {
  it("bounds each value also where there is room", () => {
    const bound = (key: string) => Buffer.byteLength(whole.get(key) as string);
    expect(bound("url")).toBe(1024);
    expect(bound("fileName")).toBe(255);
    expect(bound("reason")).toBeLessThanOrEqual(512);
    expect(bound("subject")).toBeLessThanOrEqual(256);
    expect(bound("recipients")).toBe(1024);
    expect(whole.get("rcptCount")).toBe("200");
    expect(whole.get("truncated")).toBe("1");
  });

  it.each([1024, 1025, 1500, 2048, 3000, 4096, 8192])("holds %i bytes", (maxLineBytes) => {
    const { attributes } = shortened(maxLineBytes);
    for (const key of KEPT) expect(attributes.get(key)).toBe(whole.get(key));
  });

  it("shortens from the end of the list upwards before it leaves anything out", () => {
    const { attributes } = shortened(4096);
    expect(attributes.get("rejectionInfo")?.length).toBeLessThan(
      whole.get("rejectionInfo")?.length as number,
    );
    for (const key of ["messageId", "url", "reason", "subject", "processingId"]) {
      expect(attributes.get(key)).toBe(whole.get(key));
    }
    const keys = [...shortened(2048).attributes.keys()];
    expect(keys).toEqual([...whole.keys()]);
  });

  it("leaves attributes out from the end of the list upwards", () => {
    const left = [...shortened(1024).attributes.keys()].filter((key) => key !== "truncated");
    const order = [...whole.keys()].filter((key) => key !== "truncated");
    const last = Math.max(
      ...left.filter((key) => !KEPT.includes(key)).map((key) => order.indexOf(key)),
    );
    const missing = order.filter((key) => !left.includes(key));
    expect(missing.length).toBeGreaterThan(0);
    for (const key of missing) expect(order.indexOf(key)).toBeGreaterThan(last);
  });

  it("holds with the longest host and the longest names of attributes", () => {
    const hostname = "h".repeat(255);
    const { attributes } = shortened(1024, hostname);
    for (const key of KEPT) expect(attributes.get(key)).toBe(whole.get(key));
    const rename = Object.fromEntries(
      ["sev", "src", "usrName", "truncated", "subject"].map((key) => [key, key.padEnd(40, "x")]),
    );
    const mapping = { rename, drop: [], severity: {} };
    const long = lineOf(
      { ...RECORD, recipients: `${"r".repeat(300)}@example.com` },
      { maxLineBytes: 1024, hostname, mapping },
    );
    const { attributes: renamed } = parseLeef(long, { maxLineBytes: 1024 });
    expect(renamed.get("truncated".padEnd(40, "x"))).toBe("1");
    expect(renamed.get("usrName".padEnd(40, "x"))).toBe("r".repeat(255));
  });

  it("never cuts inside a character", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 5000 }),
        fc.string({ unit: "grapheme", minLength: 200, maxLength: 900 }),
        (maxLineBytes, drawn) => {
          const text = drawn.replaceAll("\ufffd", "x");
          const record = { ...RECORD, subject: text, rejectionInfo: text + text, fileName: text };
          const line = parseLeef(lineOf(record, { maxLineBytes }), { maxLineBytes });
          for (const value of line.attributes.values()) expect(value).not.toContain("\ufffd");
        },
      ),
      { numRuns: 200 },
    );
  });

  it("a line that fits is not marked", () => {
    expect(parseLeef(lineOf({ type: "receipt", subject: "a" })).attributes.has("truncated")).toBe(
      false,
    );
  });

  it("200 recipients and 100 attachments fit", () => {
    const attachments = Array.from({ length: 100 }, (_, index) => `"Anhang ${index} ü.docx"`).join(
      ", ",
    );
    const record = { ...RECORD, type: "process", action: "Hld", attachments };
    const line = parseLeef(lineOf(record), { maxLineBytes: 4096 });
    expect(line.eventId).toBe("process_held");
  });
});
