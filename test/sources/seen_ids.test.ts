import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeenIds } from "../../plugin/sources/seen_ids.ts";
import { shortHash } from "../../plugin/sources/short_hash.ts";

describe("SeenIds", () => {
  test("gives the same answers after a trip through the cursor", () => {
    const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), times), { maxLength: 40 }), (added) => {
        const seen = new SeenIds([]);
        const fresh = added.map(([id, timeMs]) => seen.add(id, timeMs));
        expect(fresh.filter(Boolean)).toHaveLength(new Set(added.map(([id]) => id)).size);
        const again = new SeenIds(JSON.parse(JSON.stringify(seen.entries(0, 100))));
        for (const [id, timeMs] of added) expect(again.add(id, timeMs)).toBe(false);
      }),
    );
  });

  test("keeps the newest, and nothing older than asked for", () => {
    const seen = new SeenIds([]);
    for (let second = 0; second < 10; second++) seen.add(`id${second}`, second * 1_000);
    const kept = new SeenIds(seen.entries(3_000, 5));
    expect(kept.add("id4", 0)).toBe(true);
    expect(kept.add("id5", 0)).toBe(false);
    expect(seen.entries(8_500, 100)).toHaveLength(2);
    const late = new SeenIds([]);
    for (const second of [5, 3, 9, 1]) late.add(`id${second}`, second * 1_000);
    expect(late.entries(0, 9).map((entry) => entry.split(".")[0])).toEqual(["1", "3", "5", "9"]);
    expect(late.entries(0, 2).map((entry) => entry.split(".")[0])).toEqual(["5", "9"]);
    expect(late.has("id3")).toBe(true);
    expect(late.has("id4")).toBe(false);
  });
});

describe("shortHash()", () => {
  test("is 11 characters that need no escaping", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shortHash(text)).toMatch(/^[A-Za-z0-9_-]{11}$/);
      }),
    );
  });
});
