import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { table, toned } from "../../plugin/commands/table.ts";

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

  it("colours without moving the columns", () => {
    const rows = [
      ["a", "b"],
      [{ text: "x", tone: "bad" as const }, "y"],
    ];
    const coloured = table(rows, true);
    expect(coloured).toContain(`${ESC}[31mx${ESC}[0m  y`);
    expect(coloured.replaceAll(new RegExp(`${ESC}\\[\\d+m`, "g"), "")).toBe(table(rows, false));
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
