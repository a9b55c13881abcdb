import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../support/amount.ts";
import { line as anyLine, record as anyRecord } from "../support/any_record.ts";
import { lineOf, linesOf, WASM_BYTES } from "../support/engine_lines.ts";
import { FilterHost } from "../support/filter_host.ts";
import { parseLeef } from "../support/leef_reference.ts";

const host = new FilterHost(WASM_BYTES);

const VENDOR = JSON.stringify({
  type: "receipt",
  action: "Acc",
  timestamp: 1767225600000,
  subject: 'Grüße "^|" \\ 📎',
  spamProcessingDetail: '{"spf":{"allow":true,"info":"PASS"}}',
});

describe("mimecast_leef()", () => {
  it("adds the line of an envelope as message, the same that the batch function writes", () => {
    const [envelope] = linesOf(VENDOR, { format: "json", account: "globex", api: "1.0" });
    const out = JSON.parse(host.call(envelope as string));
    const { message, ...rest } = out;
    expect(rest).toEqual(JSON.parse(envelope as string));
    expect(message).toBe(
      lineOf(VENDOR, { account: "globex", hostname: "mimecast-globex", api: "1.0" }),
    );
  });

  it("adds it to a record of Mimecast that stands alone", () => {
    const { message, ...rest } = JSON.parse(host.call(VENDOR));
    expect(rest).toEqual(JSON.parse(VENDOR));
    expect(message).toBe(lineOf(VENDOR, { account: "", hostname: "mimecast" }));
  });

  it("adds it to enveloped key=value lines and malformed text", () => {
    const texts = "datetime=2026-01-01T00:00:00+0000|Act=Rej|Dir=Inbound\nno record\n";
    for (const envelope of linesOf(texts, { format: "json" })) {
      const { message } = JSON.parse(host.call(envelope));
      expect(message).toBe(lineOf(envelope));
    }
  });

  it.each([
    '{"log":"some other program"}',
    "{}",
    '{"type":"receipt","message":"taken"}',
    '{"type":"receipt"',
    "[1]",
    '"text"',
    "",
    "not json",
    '{"type":"receipt"} {"type":"receipt"}',
    '{"type":\n"receipt"}',
    `{"type":"receipt","x":"${"y".repeat(300_000)}"}`,
    `{"type":"receipt","x":"${"y".repeat(3_000_000)}"}`,
  ])("passes on unchanged what it does not know: %.40s", (record) => {
    expect(host.call(record)).toBe(record);
  });

  it("passes on an envelope that has a message already", () => {
    for (const envelope of linesOf(VENDOR, { format: "json+leef" })) {
      expect(host.call(envelope)).toBe(envelope);
      const first = envelope.replace("{", '{"message":"x",').replace(/,"message":"<.*"}$/, "}");
      expect(host.call(first)).toBe(first);
    }
  });

  it("keeps members that another filter has put behind the event", () => {
    const [envelope] = linesOf(VENDOR, { format: "json" });
    const more = (envelope as string).replace(/\}$/, ',"host":"a","tags":["b"],"n":1 } ');
    const out = JSON.parse(host.call(more));
    expect(out).toMatchObject({ host: "a", tags: ["b"], n: 1 });
    expect(out.message).toBe(lineOf(envelope as string, { hostname: "" }));
  });

  it("gives valid JSON with everything that came in, for any record", () => {
    fc.assert(
      fc.property(fc.oneof(anyRecord, anyLine), (bytes) => {
        const text = bytes.toString("utf8").replaceAll("\0", "");
        const out = host.call(text);
        if (out === text) return;
        const members = text.slice(0, text.lastIndexOf("}"));
        expect(out.slice(0, members.length)).toBe(members);
        parseLeef(JSON.parse(out).message, { maxLineBytes: 4096 });
      }),
      { numRuns: runs(1000), endOnFailure: true },
    );
  });

  it("gives back nothing but the message where the host asks for it alone", () => {
    fc.assert(
      fc.property(fc.oneof(anyRecord, anyLine), (bytes) => {
        const text = bytes.toString("utf8").replaceAll("\0", "");
        const out = host.call(text);
        const only = host.call(text, "mimecast_leef_only");
        if (out === text) expect(only).toBe(text);
        else expect(only).toBe(JSON.stringify({ message: JSON.parse(out).message }));
      }),
      { numRuns: runs(1000), endOnFailure: true },
    );
    const [envelope] = linesOf(VENDOR, { format: "json" });
    expect(Object.keys(JSON.parse(host.call(envelope as string, "mimecast_leef_only")))).toEqual([
      "message",
    ]);
  });

  it("needs no more memory after 100,000 records, and none that grows", () => {
    const fresh = new FilterHost(WASM_BYTES);
    const [envelope] = linesOf(VENDOR, { format: "json" });
    const before = fresh.memoryBytes();
    for (let i = 0; i < 100_000; i++) fresh.call(envelope as string);
    expect(fresh.memoryBytes()).toBe(before);
  });

  it("a record beyond all bounds costs memory once", () => {
    const fresh = new FilterHost(WASM_BYTES);
    const huge = `{"x":"${"y".repeat(4_000_000)}"}`;
    expect(fresh.call(huge)).toBe(huge);
    const grown = fresh.memoryBytes();
    for (let i = 0; i < 20; i++) expect(fresh.call(huge)).toBe(huge);
    expect(fresh.memoryBytes()).toBe(grown);
    expect(JSON.parse(fresh.call(VENDOR)).message).toBe(
      lineOf(VENDOR, { account: "", hostname: "mimecast" }),
    );
  });

  it("survives a host that could not get room for the record", () => {
    expect(host.callAt(0, 10)).toBe('{"message":""}');
  });
});
