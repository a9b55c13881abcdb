import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lines } from "../../plugin/decode/lines.ts";
import { openedLines } from "../../plugin/decode/opened_lines.ts";
import { DecodeError } from "../../plugin/errors.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 1000): Promise<string[]> {
  const parts: Buffer[] = [];
  for await (const block of openedLines(lines(pieces(text, size)))) parts.push(Buffer.from(block));
  return Buffer.concat(parts).toString("utf8").split("\n").slice(0, -1);
}

/** One answer of the API on a line, with these records. */
const WRAPPERS: readonly ((records: readonly string[]) => string)[] = [
  (records) => `{"type":"MTA","data":[${records}]}`,
  (records) => `{"meta":{"status":200},"data" : [ ${records} ],"fail":[]}`,
  (records) => `{"type":"bundle","id":"bundle--1","objects":[${records}]}`,
  (records) => ` [ ${records} ]`,
  (records) => `{"data":[{"clickLogs":[${records}]}]}`,
];

const PLAIN = [
  '{"type":"receipt","subject":"\\"data\\":[{\\"a\\":1}]"}',
  '{"type":"entities","policiesApplied":[{"data":[{"a":1}]}]}',
  'datetime=2026-01-01T00:00:00+0000|acc=C1|Subject="data":[{"a":1}]',
  "not a record",
  '["a","list"]',
  "",
];

describe("openedLines()", () => {
  it("leaves every other line as it is", async () => {
    for (const size of [1, 1000]) expect(await read(`${PLAIN.join("\n")}\n`, size)).toEqual(PLAIN);
  });

  it("replaces a wrapped line by its records, wherever it is", async () => {
    const record = fc.constantFrom('{"a":1}', '{"subject":"]}\\"data\\":[{"}', '{"b":[{}]}');
    const line = fc.oneof(
      fc.constantFrom(...PLAIN).map((text) => ({ text, wanted: [text] })),
      fc
        .tuple(fc.constantFrom(...WRAPPERS), fc.array(record, { minLength: 1, maxLength: 4 }))
        .map(([wrap, records]) => ({ text: wrap(records), wanted: records })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 300 }),
        async (all, size) => {
          const text = all.map((each) => `${each.text}\n`).join("");
          expect(await read(text, size)).toEqual(all.flatMap(({ wanted }) => wanted));
        },
      ),
    );
  });

  it("hands out what comes before a line that ends too early, then says so", async () => {
    const found: string[] = [];
    const text = '{"a":1}\n{"type":"MTA","data":[{"b":2},{"c"\n';
    const reading = (async () => {
      for await (const block of openedLines(lines(pieces(text, 1000))))
        found.push(Buffer.from(block).toString());
    })();
    await expect(reading).rejects.toThrow(DecodeError);
    expect(found.join("")).toBe('{"a":1}\n{"b":2}\n');
  });
});
