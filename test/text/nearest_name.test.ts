import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, distance, nearestName } from "../../plugin/text/nearest_name.ts";

const COMMANDS = ["poll", "check", "status", "setup", "seal", "replay", "snippet", "lint"];

describe("nearestName()", () => {
  test.each([
    ["pol", "poll"],
    ["chekc", "check"],
    ["staus", "status"],
    ["Setup", "setup"],
    ["sael", "seal"],
    ["relpay", "replay"],
    ["snipet", "snippet"],
  ])("%s means %s", (word, name) => {
    expect(nearestName(word, COMMANDS)).toBe(name);
  });

  test.each(["", "x", "frobnicate", "zzzz", "a".repeat(10_000)])("nothing is near %j", (word) => {
    expect(nearestName(word, COMMANDS)).toBeUndefined();
  });

  test.each([
    ["3.0", ["1.0", "2.0"]],
    ["4", ["1", "2"]],
    ["ux", ["uk", "us"]],
    ["sha1", ["sha256"]],
  ])("%s is another thing than %j, not a slip", (word, names) => {
    expect(nearestName(word, names)).toBeUndefined();
  });

  test("takes - for _ and the nearest of several", () => {
    const names = ["interval_secs", "interval_sec", "max_run_secs"];
    expect(nearestName("interval-secs", names)).toBe("interval_secs");
    expect(nearestName("max-runsecs", names)).toBe("max_run_secs");
  });

  test("finds every name with two neighbors swapped", () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMMANDS), fc.nat(), (name, n) => {
        const at = n % (name.length - 1);
        const word = name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
        expect(distance(word, name)).toBeLessThanOrEqual(1);
        expect(nearestName(word, [name])).toBe(name);
      }),
    );
  });
});

describe("distance()", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["abc", "acb", 1],
    ["abc", "ab", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("%j and %j are %i apart", (a, b, apart) => {
    expect(distance(a, b)).toBe(apart);
    expect(distance(b, a)).toBe(apart);
  });

  test("is zero for equal texts only, and never over the longer one", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abc"), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const apart = distance(a, b);
        expect(apart === 0).toBe(a === b);
        expect(apart).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(apart).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});

describe("didYouMean()", () => {
  test("ends a message, or adds nothing", () => {
    expect(didYouMean("chek", COMMANDS)).toBe(': did you mean "check"?');
    expect(didYouMean("frobnicate", COMMANDS)).toBe("");
  });
});
