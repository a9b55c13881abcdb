import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DEPTH, MAX_VALUES, shapeProblem } from "../../plugin/client/json_shape.ts";

test("shapeProblem() is null for any JSON of ordinary size", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(shapeProblem(JSON.stringify(value))).toBeNull();
    }),
  );
});

test("shapeProblem() counts levels that are open at the same time, objects and lists", () => {
  const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${"}]".repeat(levels / 2)}`;
  expect(shapeProblem(nested(MAX_DEPTH))).toBeNull();
  expect(shapeProblem(`[${nested(MAX_DEPTH)}]`)).toBe("it is nested more than 100 levels deep");
  const many = Array.from({ length: 3 * MAX_DEPTH }, () => "[{}]").join(",");
  expect(shapeProblem(`[${many}]`)).toBeNull();
});

test("shapeProblem() counts the values up to its limit", () => {
  // A list is one value more than its commas, and the text itself is one.
  const list = (commas: number) => `[${",".repeat(commas)}]`;
  expect(shapeProblem(list(MAX_VALUES - 2))).toBeNull();
  expect(shapeProblem(list(MAX_VALUES - 1))).toBe("it has more than 3000000 values");
});

test("shapeProblem() does not count what is text", () => {
  const text = JSON.stringify(`${"[{".repeat(MAX_DEPTH)}\\"${"[".repeat(MAX_DEPTH)}"`);
  expect(shapeProblem(`[${text},${text}]`)).toBeNull();
  expect(shapeProblem(`"${"[".repeat(2 * MAX_DEPTH)}`)).toBeNull();
  expect(shapeProblem(`"\\\\"${"[".repeat(2 * MAX_DEPTH)}`)).not.toBeNull();
});
