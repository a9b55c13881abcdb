import { describe, expect, it } from "vitest";
import { newNames, unknownOfDay, withUnknown } from "../../plugin/collect/unknown_seen.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);
const type = (name: string, count: number) => ({ kind: "type", name, count });

describe("withUnknown()", () => {
  it("adds up what comes again, and keeps when it came first", () => {
    const { unknown } = withUnknown([], [type("foo", 14)], NOW);
    expect(unknown).toEqual([{ ...type("foo", 14), sinceMs: NOW, lastMs: NOW }]);
    const later = withUnknown(unknown, [type("foo", 2), type("bar", 1)], NOW + DAY);
    expect(later.unknown).toEqual([
      { ...type("foo", 16), sinceMs: NOW, lastMs: NOW + DAY },
      { ...type("bar", 1), sinceMs: NOW + DAY, lastMs: NOW + DAY },
    ]);
  });

  it("is nothing where the mapping knows everything, and forgets what has not come for 30 days", () => {
    expect(withUnknown(undefined, [], NOW)).toEqual({});
    const { unknown } = withUnknown([], [type("foo", 14)], NOW);
    expect(withUnknown(unknown, [], NOW + 30 * DAY).unknown).toEqual(unknown);
    expect(withUnknown(unknown, [], NOW + 30 * DAY + 1)).toEqual({});
  });

  it("keeps 20 names: those that are frequent, and of the others the newest", () => {
    const flood = Array.from({ length: 32 }, (_, at) => type(`x${at}`, 1));
    const before = withUnknown([], [type("foo", 2), ...flood], NOW);
    const after = withUnknown(before.unknown, [type("new", 1)], NOW + 1);
    expect(after.unknown).toHaveLength(20);
    expect(after.unknown?.slice(0, 2).map(({ name }) => name)).toEqual(["foo", "new"]);
  });
});

it("newNames() are those that are not remembered", () => {
  const { unknown } = withUnknown([], [type("foo", 14)], NOW);
  const other = { ...type("foo", 1), kind: "field" };
  expect(newNames(unknown, [type("foo", 1), other])).toEqual([other]);
});

describe("unknownOfDay()", () => {
  it("is the sum and the most frequent of what came within a day", () => {
    const old = withUnknown([], [type("old", 99)], NOW - DAY - 1).unknown;
    const { unknown } = withUnknown(old, [type("foo", 14), type("bar", 1)], NOW);
    expect(unknownOfDay(unknown, NOW)).toEqual({ unknownCount: 15, unknownName: "type foo" });
    expect(unknownOfDay(old, NOW)).toEqual({});
    expect(unknownOfDay(undefined, NOW)).toEqual({});
  });

  it("names the kind alone where the name is no word", () => {
    const { unknown } = withUnknown([], [type("", 1)], NOW);
    expect(unknownOfDay(unknown, NOW)).toEqual({ unknownCount: 1, unknownName: "type" });
  });
});
