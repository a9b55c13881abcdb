import { describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import { cursorFields } from "../../plugin/sources/cursor_fields.ts";
import type { Cursor } from "../../plugin/sources/source.ts";

const VALUES: readonly Cursor[] = ["a", "", 0, 1.5, true, null, [], ["a"], ["a", 1], {}];

describe("cursorFields()", () => {
  it.each([
    ["text", ["a", ""]],
    ["textOrNull", ["a", "", null]],
    ["number", [0, 1.5]],
    ["numberOrNull", [0, 1.5, null]],
    ["texts", [[], ["a"]]],
  ] as const)("%s() gives what an earlier run wrote, and refuses anything else", (read, right) => {
    for (const value of VALUES) {
      const give = () => cursorFields({ field: value, other: "a" }, "audit")[read]("field");
      if (
        (right as readonly unknown[]).some((each) => JSON.stringify(each) === JSON.stringify(value))
      )
        expect(give()).toEqual(value);
      else expect(give, JSON.stringify(value)).toThrow(StateError);
    }
  });

  it("takes a field that an earlier version did not have for null", () => {
    const fields = cursorFields({}, "audit");
    expect([fields.textOrNull("page"), fields.numberOrNull("from")]).toEqual([null, null]);
    expect(() => fields.text("page")).toThrow('"page" has the wrong type');
  });

  it("takes no number that is none", () => {
    expect(() => cursorFields({ from: Number.NaN }, "audit").number("from")).toThrow(StateError);
  });

  it.each([null, "page", 3, [], ["page"]])("refuses a position that is no object: %j", (cursor) => {
    expect(() => cursorFields(cursor, "audit")).toThrow(
      expect.objectContaining({
        code: "cursor",
        message: 'Cannot use the position of "audit" in the checkpoint: it is no object',
      }),
    );
  });
});
