import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonText } from "../../plugin/sources/json_text.ts";
import { recordIdentities, recordIdentity } from "../../plugin/sources/record_identity.ts";

/** What the identity of a record once was made from: checkpoints hold hashes of it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

describe("jsonText()", () => {
  it("is what JSON.stringify gives, with the keys in order where asked for", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        expect(jsonText(value, false)).toBe(JSON.stringify(value));
        expect(jsonText(value, true)).toBe(JSON.stringify(sorted(value)));
      }),
    );
  });

  it.each([
    '{"b":1,"10":2,"9":3,"a":4,"-1":5,"4294967295":6}',
    '{"__proto__":{"b":1,"a":2},"x":[]}',
  ])("keeps the order that numbers among keys once had: %s", (text) => {
    const value: unknown = JSON.parse(text);
    expect(jsonText(value, true)).toBe(JSON.stringify(sorted(value)));
  });
});

describe("the identity of a record", () => {
  it.each([
    ["lists", "[", "]"],
    ["objects", '{"a":', "}"],
  ])("does not depend on how deep it is nested: %s", (_what, open, close) => {
    const text = `${open.repeat(200_000)}1${close.repeat(200_000)}`;
    const value: unknown = JSON.parse(text);
    expect(recordIdentities([{ x: value }, { x: value }], ["id"])).toHaveLength(2);
    const named = recordIdentity({ id: "1", x: value }, ["id", "x"], ["x"]);
    expect(named.text.length).toBeGreaterThan(text.length);
    expect(named.oldText(1).length).toBeGreaterThan(text.length);
  });
});
