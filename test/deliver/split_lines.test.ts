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
