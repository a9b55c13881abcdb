import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { table, toned } from "../../plugin/text/table.ts";

const ESC = "\u001b";

describe("table()", () => {
  it("aligns columns and leaves no blanks at the end of a line", () => {
    const rows = [
      ["feed", "state", "gaps"],
      ["siem", { text: "ok", tone: "good" as const }, ""],
      ["ttp_url", "failing", "2"],
    ];
    expect(table(rows, false)).toBe("feed     state    gaps\nsiem     ok\nttp_url  failing  2\n");
  });

  it("colors without moving the columns", () => {
    const rows = [
      ["a", "b"],
      [{ text: "x", tone: "bad" as const }, "y"],
    ];
    const colored = table(rows, true);
    expect(colored).toContain(`${ESC}[31mx${ESC}[0m  y`);
    expect(colored.replaceAll(new RegExp(`${ESC}\\[\\d+m`, "g"), "")).toBe(table(rows, false));
  });

  it("lets no text of others move the cursor or break a line", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: "binary" })), { minLength: 1 }), (rows) => {
        const text = table(rows, false);
        expect(text.split("\n")).toHaveLength(rows.length + 1);
        expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      }),
    );
    expect(toned(`a${ESC}[2Jb\u202e`, "bad", false)).toBe("a [2Jb ");
  });
});

describe("table() on a narrow terminal", () => {
  const widest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));

  it("lets the last column go on below itself", () => {
    const rows = [
      ["feed", "what"],
      ["siem", "a sentence that is too long for one line of this terminal"],
    ];
    expect(table(rows, false, { columns: 40 })).toBe(
      "feed  what\nsiem  a sentence that is too long for\n      one line of this terminal\n",
    );
  });

  it("makes a block of each row where the columns before it need the room", () => {
    const rows = [
      ["feed", "state", "collected up to"],
      ["siem", "ok", "2026-01-31T08:00:00Z"],
      ["a_feed_with_a_long_name", "waiting", "-"],
    ];
    expect(table(rows, false, { columns: 40 })).toBe(
      [
        "feed             siem",
        "state            ok",
        "collected up to  2026-01-31T08:00:00Z",
        "",
        "feed             a_feed_with_a_long_name",
        "state            waiting",
        "collected up to  -",
        "",
      ].join("\n"),
    );
    const headless = [["state directory", "fail", '"/var/lib/mimecast-input" does not exist']];
    expect(table(headless, false, { columns: 30, head: false })).toBe(
      'state directory  fail\n    "/var/lib/mimecast-input"\n    does not exist\n',
    );
  });

  it("is never wider than the terminal, loses no text, and is the same where there is room", () => {
    const cell = fc.string({ unit: fc.constantFrom(..."ab c"), maxLength: 60 });
    const rowsOf = (width: number) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 6,
      });
    const letters = (text: string) => text.replaceAll(/[^abc]/g, "");
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain(rowsOf),
        fc.integer({ min: 80, max: 400 }),
        (rows, columns) => {
          const shown = table(rows, false, { columns, head: false });
          const wide = table(rows, false, { head: false });
          if (widest(wide) <= columns) expect(shown).toBe(wide);
          // The first cells of a block share a line: only the last one is wrapped.
          const blocks = rows.map((row) => row.slice(0, -1).join("  ").length);
          expect(widest(shown)).toBeLessThanOrEqual(Math.max(columns, ...blocks));
          expect(letters(shown)).toHaveLength(letters(rows.flat().join("")).length);
        },
      ),
    );
  });
});
