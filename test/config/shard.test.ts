import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isInShard, parseShard } from "../../plugin/config/shard.ts";

describe("parseShard()", () => {
  test.each([
    ["1/1", 1, 1],
    ["2/5", 2, 5],
    ["5/5", 5, 5],
    ["mimecast-input-0/5", 1, 5],
    ["mimecast-input-4/5", 5, 5],
    ["a-0/1", 1, 1],
    ["siem.eu-12/20", 13, 20],
  ])("reads %s", (text, number, of) => {
    expect(parseShard(text)).toEqual({ number, of });
  });

  test.each([
    "",
    "2",
    "0/5",
    "6/5",
    "2/0",
    "-1/5",
    "a-5/5",
    "a/5",
    "2/5/7",
    " 2/5",
    "2/2000",
    "A-1/5",
  ])("refuses %j", (text) => {
    expect(parseShard(text)).toBeUndefined();
  });
});

describe("isInShard()", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
  const ownerOf = (name: string, of: number) =>
    Array.from({ length: of }, (_, index) => index + 1).filter((number) =>
      isInShard(name, { number, of }),
    );

  test("every account is in exactly one shard", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (name, of) => {
        expect(ownerOf(name, of)).toHaveLength(1);
      }),
    );
  });

  test("the accounts are spread evenly", () => {
    for (let number = 1; number <= 5; number++) {
      const count = names.filter((name) => isInShard(name, { number, of: 5 })).length;
      expect(Math.abs(count - 200)).toBeLessThan(60);
    }
  });

  test("with one shard more, accounts move to the new one only", () => {
    const moved = names.filter((name) => ownerOf(name, 5)[0] !== ownerOf(name, 6)[0]);
    expect(moved.every((name) => ownerOf(name, 6)[0] === 6)).toBe(true);
    expect(moved.length).toBeGreaterThan(100);
    expect(moved.length).toBeLessThan(240);
  });

  test("is the same in every version of the program", () => {
    const owners = ["acme", "acme-legacy", "customer-a", "customer-b"].map((name) =>
      ownerOf(name, 3),
    );
    expect(owners).toEqual([[2], [3], [2], [3]]);
  });
});
