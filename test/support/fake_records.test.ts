import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "./amount.ts";
import { keyValueLine } from "./fake_mimecast/key_value.ts";
import { idOf, parseRecordId, recordId } from "./fake_mimecast/record_id.ts";
import {
  amountsByType,
  type RecordType,
  TYPE_NAMES,
  typeRow,
  typesOf,
} from "./fake_mimecast/record_types.ts";
import { HOSTILE_SUBJECTS } from "./fake_mimecast/records/names.ts";
import { record, recordText, type Shape } from "./fake_mimecast/records/record.ts";

const AT_MS = Date.UTC(2026, 2, 6, 12, 0, 1, 250);
const keyOf = (type: RecordType, index: number, seed = 7) => ({
  type,
  index,
  seed,
  atMs: AT_MS + index,
});

function shapesOf(type: RecordType): Shape[] {
  const { v1, v2 } = typeRow(type);
  if (v2 === undefined) return ["v1"];
  return v1 === undefined ? ["batch", "stream"] : ["v1", "batch", "stream"];
}

/** The texts of the first `count` records of a type, and the records. */
const textsOf = (type: RecordType, shape: Shape, count = 2_000) =>
  Array.from({ length: count }, (_, index) => recordText(keyOf(type, index), shape));

describe("recordText()", () => {
  test("is a pure function, JSON, and holds its own id and no other", () => {
    const anyKey = fc.record({
      type: fc.constantFrom(...TYPE_NAMES),
      index: fc.nat({ max: 5_000_000 }),
      seed: fc.nat({ max: 1_000_000 }),
    });
    fc.assert(
      fc.property(anyKey, ({ type, index, seed }) => {
        for (const shape of shapesOf(type)) {
          const text = recordText(keyOf(type, index, seed), shape);
          expect(recordText(keyOf(type, index, seed), shape)).toBe(text);
          expect(text).not.toMatch(/[\r\n]/);
          const id = recordId(seed, type, index);
          expect(JSON.parse(text)).toEqual(
            JSON.parse(JSON.stringify(record(keyOf(type, index, seed), shape))),
          );
          expect(new Set(text.match(/u\d+-[a-z]+-\d+/g))).toEqual(new Set([id]));
          expect(idOf(text)).toBe(id);
          expect(parseRecordId(id)).toEqual({ seed, type, index });
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test("holds addresses of the documentation ranges only", () => {
    for (const type of TYPE_NAMES) {
      for (const shape of shapesOf(type)) {
        const all = textsOf(type, shape, 200).join("\n");
        const v4 = all.match(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g) ?? [];
        for (const address of v4)
          expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\./);
        const mail = all.match(/[\w.+-]+@[\w.-]+\.[a-z]+/g) ?? [];
        for (const address of mail) expect(address).toMatch(/@([\w-]+\.)*example\.(com|org|net)$/);
      }
    }
  });

  test("has the real length: the median of API 2.0 SIEM is about 810 bytes", () => {
    const lengths: number[] = [];
    for (const [type, count] of amountsByType({ siem: 4_000 })) {
      lengths.push(...textsOf(type, "batch", count).map((text) => Buffer.byteLength(text)));
    }
    lengths.sort((a, b) => a - b);
    expect(lengths[2_000]).toBeGreaterThan(750);
    expect(lengths[2_000]).toBeLessThan(900);
  });
});

describe("API 2.0 SIEM", () => {
  test("spamProcessingDetail has four encodings", () => {
    const found = new Set<string>();
    for (let index = 0; index < 400; index += 1) {
      const { spamProcessingDetail } = record(keyOf("receipt", index), "batch");
      if (typeof spamProcessingDetail !== "string") {
        found.add(spamProcessingDetail === null ? "null" : "object");
        continue;
      }
      const once: unknown = JSON.parse(spamProcessingDetail);
      found.add(typeof once === "string" ? "string twice" : "string");
      if (typeof once === "string") expect(JSON.parse(once)).toHaveProperty("spf");
    }
    expect(found).toEqual(new Set(["null", "object", "string", "string twice"]));
  });

  test("numbers and booleans are texts, apart from the time and Kafka's position", () => {
    const numeric = new Set<string>();
    for (const type of typesOf("siem")) {
      for (let index = 0; index < 300; index += 1) {
        for (const [key, value] of Object.entries(record(keyOf(type, index), "batch"))) {
          if (typeof value === "number" || typeof value === "boolean") numeric.add(key);
        }
      }
    }
    expect(numeric).toEqual(new Set(["timestamp", "_offset", "_partition"]));
  });

  test("batch and streaming spell the type differently", () => {
    const key = keyOf("url_protect", 3);
    expect(record(key, "batch")).toMatchObject({
      type: "url protect",
      subtype: expect.any(String),
    });
    expect(record(key, "stream")).toMatchObject({
      eventType: "url protect",
      subType: expect.any(String),
    });
    expect(record(key, "stream")).not.toHaveProperty("type");
  });

  test("holds hostile and foreign subjects, both spellings of direction, long recipients", () => {
    const all = Array.from({ length: 3_000 }, (_, index) =>
      record(keyOf("receipt", index), "batch"),
    );
    const subjects = new Set(all.map(({ subject }) => subject));
    for (const hostile of HOSTILE_SUBJECTS) expect(subjects).toContain(hostile);
    expect([...subjects].some((subject) => /[^ -~]/.test(String(subject)))).toBe(true);
    const directions = new Set(all.map(({ direction }) => direction));
    expect(directions).toContain("Inbound");
    expect(directions).toContain("inbound");
    expect(Math.max(...all.map(({ recipients }) => String(recipients).length))).toBeGreaterThan(
      2_000,
    );
  });
});

describe("API 1.0 SIEM", () => {
  /** The key that tells the type; ttp ap has none but `fileName` without `CustomerIP` (reference 1.6). */
  const DISTINCTIVE: Readonly<Partial<Record<RecordType, string>>> = {
    receipt: "SpamLimit",
    process: "MsgSize",
    delivery: "Delivered",
    journal: "RcptActType",
    av: "CustomerIP",
    spam: "SourceIP",
    internal_email_protect: "ScanResultInfo",
    impersonation_protect: "TaggedMalicious",
    url_protect: "reason",
  };

  test("each type has its distinctive key and no other type's", () => {
    for (const type of typesOf("siem")) {
      const found = record(keyOf(type, 5), "v1");
      const keys = Object.entries(DISTINCTIVE).filter(([, key]) => key in found);
      expect(keys.map(([name]) => name)).toEqual(type in DISTINCTIVE ? [type] : []);
      expect("fileName" in found).toBe(type === "av" || type === "attachment_protect");
      expect(found.datetime).toMatch(/^2026-03-06T\d\d:00:01[+-]\d{4}$/);
    }
  });

  test("the id stands in aCode; av and ttp ap have it in fileName, ttp url in url", () => {
    for (const type of typesOf("siem")) {
      const found = record(keyOf(type, 5), "v1");
      const position = { av: "fileName", attachment_protect: "fileName", url_protect: "url" }[
        type as "av"
      ];
      expect(idOf(String(found[position ?? "aCode"]))).toBe(recordId(7, type, 5));
      if (position !== undefined) expect(found).not.toHaveProperty("aCode");
    }
  });

  test("Rcpt is sometimes a list, Subject sometimes null, credentialTheft an object or null", () => {
    const receipts = Array.from({ length: 200 }, (_, index) =>
      record(keyOf("receipt", index), "v1"),
    );
    expect(new Set(receipts.map(({ Rcpt }) => Array.isArray(Rcpt)))).toEqual(
      new Set([true, false]),
    );
    expect(receipts.some(({ Subject }) => Subject === null)).toBe(true);
    const links = Array.from({ length: 50 }, (_, index) =>
      record(keyOf("url_protect", index), "v1"),
    );
    expect(new Set(links.map(({ credentialTheft }) => credentialTheft === null)).size).toBe(2);
  });
});

describe("audit", () => {
  const events = Array.from({ length: 400 }, (_, index) => record(keyOf("audit", index), "v1"));
  const infos = events.map(({ eventInfo }) => String(eventInfo));

  test("has six texts, the id in id", () => {
    for (const event of events) {
      expect(Object.keys(event)).toEqual([
        "id",
        "auditType",
        "user",
        "eventTime",
        "eventInfo",
        "category",
      ]);
      for (const value of Object.values(event)) expect(value).toBeTypeOf("string");
      expect(idOf(String(event.id))).not.toBeNull();
    }
  });

  test.each([
    ["a zone name", /Time: \d\d:\d\d:\d\d BST, IP: /],
    ["an offset after GMT", /GMT-04:00, IP: /],
    ["AM or PM", /Time: \d\d:\d\d:\d\d [AP]M, IP: /],
    ["no commas", /Time: \d\d:\d\d:\d\d \+0100 IP: \S+ Application: /],
    ["a comma in the name", /<[^<>,@]+, [^<>]+>/],
    ["a line break", /O365\nName:/],
    ["JSON", /Search Criteria: \{"keywords"/],
    ["no IP", /Remote IP is null/],
    ["a lower-case IP", /remote IP : /],
    ["nothing at all", /^No changes found\.$/],
    ["IPv6", /IP: 2001:db8:/],
  ])("some eventInfo has %s", (_what, pattern) => {
    expect(infos.some((info) => pattern.test(info))).toBe(true);
  });
});

test("amountsByType() divides a source exactly, and gives each type one first", () => {
  fc.assert(
    fc.property(fc.nat({ max: 3_000_000 }), (amount) => {
      const parts = [...amountsByType({ siem: amount }).values()];
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount);
      if (amount >= 10) expect(Math.min(...parts)).toBeGreaterThan(0);
    }),
  );
  expect(() => amountsByType({ sieem: 1 } as object)).toThrow(/neither a source nor a record type/);
  expect(() => amountsByType({ siem: -1 })).toThrow(/>= 0/);
});

test("keyValueLine() is one line with datetime and aCode first, and no nulls", () => {
  const line = keyValueLine({ a: null, Subject: "x\r\ny", aCode: "c", b: { c: 1 }, datetime: "d" });
  expect(line).toBe('datetime=d|aCode=c|Subject=\\x y\\|b={"c":1}');
});
