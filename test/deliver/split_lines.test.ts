import fc from "fast-check";
import { expect, test } from "vitest";
import { splitLines } from "../../plugin/deliver/split_lines.ts";

const line = fc.string({ maxLength: 40 }).map((text) => `${text.replaceAll("\n", " ")}\n`);

test("splitLines() keeps every byte, cuts behind lines only, and stays below the limit", () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.integer({ min: 1, max: 90 }),
      (lines, max) => {
        const bytes = Buffer.from(lines.join(""));
        const pieces = [...splitLines(bytes, max)];
        expect(Buffer.concat(pieces)).toEqual(bytes);
        for (const piece of pieces) {
          expect(piece.at(-1)).toBe(0x0a);
          const isOneLine = piece.indexOf(0x0a) === piece.length - 1;
          expect(piece.length <= max || isOneLine).toBe(true);
        }
        // No piece could have taken the first line of the next one.
        for (const [index, next] of pieces.slice(1).entries()) {
          expect(pieces[index]!.length + next.indexOf(0x0a) + 1).toBeGreaterThan(max);
        }
      },
    ),
  );
});

test("splitLines() gives an unfinished last line too", () => {
  expect([...splitLines(Buffer.from("aa\nbbbb"), 3)].map(String)).toEqual(["aa\n", "bbbb"]);
});

test.each([
  ["aa\nbb\n", 6, ["aa\nbb\n"]],
  ["aa\nbb\n", 5, ["aa\n", "bb\n"]],
  ["aa\nbb\ncc\n", 6, ["aa\nbb\n", "cc\n"]],
  ["\n\n", 1, ["\n", "\n"]],
  ["aaaa\nb\n", 2, ["aaaa\n", "b\n"]],
  ["aaaa", 2, ["aaaa"]],
  ["", 2, []],
])("splitLines() of %j at %i bytes is %j", (text, max, pieces) => {
  expect([...splitLines(Buffer.from(text), max)].map(String)).toEqual(pieces);
});
