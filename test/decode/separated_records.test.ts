import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lines } from "../../plugin/decode/lines.ts";
import { separatedRecords } from "../../plugin/decode/separated_records.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

async function separated(text: string, positions: readonly number[] = []): Promise<string[]> {
  const blocks = separatedRecords(lines(chunked(cutAt(bytesOf(text), positions))));
  const all = (await collect(blocks)).toString("utf8");
  return all.split("\n").filter((line) => line.trim() !== "");
}

const seam = fc.constantFrom("", "\n", " ", "\r\n", "\n\n");

describe("separatedRecords()", () => {
  test("gives every object a line, however the objects are joined and wherever the bytes are cut", async () => {
    const text = fc.constantFrom("a", "}{", '"', "\\", "} {", "ü", "\\}{", "[{", "x".repeat(30));
    const value = fc.array(text, { maxLength: 4 }).map((parts) => parts.join(""));
    const record = fc.record({ subject: value, nested: fc.record({ "}{": value }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(record, seam), { maxLength: 12 }),
        cutPositions,
        async (records, positions) => {
          const joined = records.map(([each, end]) => JSON.stringify(each) + end).join("");
          const found = await separated(joined, positions);
          expect(found.map((line) => JSON.parse(line))).toEqual(records.map(([each]) => each));
        },
      ),
    );
  });

  test.each([
    ["text in front", 'id=1 {"a":1}{"b":2}'],
    ["an object that does not end", '{"a":{"b":1}{"c":2}'],
    ["more ends than beginnings", '}{"a":1}{"b":2}'],
    ["a text that does not end", '{"a":"x}{"b":2}'],
    ["a list of objects", '[{"a":1},{"b":2}] {"c":3}'],
  ])("leaves a line as it is that is not objects one after the other: %s", async (_what, line) => {
    expect(await separated(line)).toEqual([line]);
  });
});
