import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type RecordType, TYPE_NAMES, typeRow } from "./fake_mimecast/record_types.ts";
import { record, type Shape } from "./fake_mimecast/records/record.ts";

/** Real records lie beside the project, not in it. Without them these tests are skipped by name. */
const SAMPLES = "../shared/samples";

type Fields = Readonly<Record<string, unknown>>;

/** Keys that a client put into a sample, or that a mistake of its maker left there. */
const FOREIGN = new Set(["Content-Disposition"]);

/** Every key, and the JSON types of its values, that the generator makes for a type. */
function made(type: RecordType, shape: Shape): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (let index = 0; index < 1_500; index += 1) {
    const fields = record({ type, index, seed: 7, atMs: 1_772_798_401_250 }, shape);
    for (const [key, value] of Object.entries(fields)) {
      keys.set(key, (keys.get(key) ?? new Set()).add(jsonType(value)));
    }
  }
  return keys;
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function linesOf(path: string): Fields[] {
  const text = readFileSync(join(SAMPLES, path), "utf8");
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Fields];
    } catch {
      return [];
    }
  });
}

/** What a real record has and the generator never makes: keys, and types of a key's value. */
function unknownTo(keys: ReadonlyMap<string, ReadonlySet<string>>, real: Fields): string[] {
  return Object.entries(real)
    .filter(([key]) => !FOREIGN.has(key))
    .filter(([key, value]) => keys.get(key)?.has(jsonType(value)) !== true)
    .map(([key, value]) => `${key}: ${jsonType(value)}`);
}

/** The type of a record of API 1.0, by its fields (reference 1.6). */
function typeV1(real: Fields): RecordType {
  if ("RcptActType" in real) return "journal";
  if ("CustomerIP" in real) return "av";
  if ("ScanResultInfo" in real) return "internal_email_protect";
  if ("TaggedMalicious" in real) return "impersonation_protect";
  if ("reason" in real) return "url_protect";
  if ("fileName" in real) return "attachment_protect";
  if ("Delivered" in real) return "delivery";
  if ("MsgSize" in real) return "process";
  return "SourceIP" in real ? "spam" : "receipt";
}

const V2_TYPES = new Map(TYPE_NAMES.map((type) => [typeRow(type).v2, type]));

test("unknownTo() names a key and a type that are not made", () => {
  const keys = made("journal", "batch");
  expect(unknownTo(keys, { direction: "Internal", recipients: null, color: "red" })).toEqual([
    "recipients: null",
    "color: string",
  ]);
});

describe.skipIf(!existsSync(SAMPLES))(`the real records of ${SAMPLES}`, () => {
  test.each([
    "elastic/siem_logs/siem-v2.part.log",
    "elastic/other/cloud-integrated.part.log",
    "sekoia/siem-v2.part.ndjson",
  ])("%s has no key and no type of a value that the generator lacks", (path) => {
    const records = linesOf(path);
    expect(records.length).toBeGreaterThan(9);
    for (const real of records) {
      const shape = "eventType" in real ? "stream" : "batch";
      const type = V2_TYPES.get(String(real.type ?? real.eventType)) as RecordType;
      expect([type, unknownTo(made(type, shape), real)]).toEqual([type, []]);
    }
  });

  test.each(["elastic/siem_logs/test-siem-docs-logs.log", "elastic/siem_logs/test-siem-logs.log"])(
    "%s has no key and no type of a value that the generator lacks",
    (path) => {
      const records = linesOf(path);
      expect(records.length).toBeGreaterThan(5);
      for (const real of records) {
        const type = typeV1(real);
        expect([type, unknownTo(made(type, "v1"), real)]).toEqual([type, []]);
      }
    },
  );

  test.each<[RecordType, string]>([
    ["audit", "elastic/other/audit-events.part.log"],
    ["ttp_impersonation", "elastic/other/ttp-impersonation.log"],
    ["ttp_url", "elastic/other/ttp-url.part.log"],
    ["ttp_attachment", "elastic/other/ttp-attachment.log"],
    ["dlp", "elastic/other/dlp-logs.part.log"],
    ["archive_search", "elastic/other/archive-search.part.log"],
  ])("%s: %s has no key and no type of a value that the generator lacks", (type, path) => {
    const records = linesOf(path).filter((real) => !("meta" in real));
    expect(records.length).toBeGreaterThan(2);
    for (const real of records) expect(unknownTo(made(type, "v1"), real)).toEqual([]);
  });
});
