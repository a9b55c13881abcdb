import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLines } from "../../plugin/decode/json_lines.ts";
import { DecodeError } from "../../plugin/errors.ts";
import { chunked } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

async function read(text: string, positions: readonly number[] = []) {
  let out = "";
  try {
    for await (const block of jsonLines(chunked(cutAt(bytesOf(text), positions)))) {
      out += Buffer.from(block).toString("utf8");
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { out, code: error.code };
  }
  return { out, code: "" };
}

describe("jsonLines()", () => {
  test("gives every line where one of them is a record, wherever the text is cut", async () => {
    const line = fc.constantFrom(
      '{"a":1}',
      ' \t\0{"b":2}',
      "not JSON",
      " ",
      "x {",
      "",
      "<p>",
      "x".repeat(70_000),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), cutPositions, async (all, positions) => {
        const text = all.map((each) => `${each}\n`).join("");
        const isEmpty = text.trim() === "";
        const isKnown = isEmpty || /(^|\n)\s*\0?\{/.test(text);
        const { out, code } = await read(text, positions);
        expect(code).toBe(isKnown ? "" : "not_records");
        expect(out).toBe(isKnown && !isEmpty ? text : "");
      }),
      { numRuns: 60 },
    );
  });

  test("a page, a text and a list are no records", async () => {
    for (const text of ["<html>\n<body>blocked</body>\n</html>\n", "blocked", "[1]\n", '"x"\n']) {
      expect(await read(text)).toEqual({ out: "", code: "not_records" });
    }
  });

  test("does not hold back more than two megabytes", async () => {
    const long = `${"noise\n".repeat(500_000)}{"a":1}\n`;
    expect(await read(long)).toEqual({ out: "", code: "not_records" });
  });
});
