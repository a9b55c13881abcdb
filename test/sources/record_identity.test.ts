import { describe, expect, it } from "vitest";
import { recordIdentities, recordIdentity } from "../../plugin/sources/record_identity.ts";

describe("recordIdentity()", () => {
  const identity = (record: unknown) => recordIdentity(record, ["id", "status"], ["time"]);

  it("of a record with an id is its id and its version, and not the rest", () => {
    const record = { id: "a", status: "held", time: 1, more: 2 };
    expect(identity(record)).toMatchObject({ text: '["a","held",1]', isUnique: true });
    expect(identity({ ...record, more: 3 }).text).toBe(identity(record).text);
    for (const other of [{ id: "b" }, { status: "sent" }, { time: 2 }]) {
      expect(identity({ ...record, ...other }).text).not.toBe(identity(record).text);
    }
    expect(identity({ ...record, status: { b: 1, a: 2 } }).text).toBe('["a",{"a":2,"b":1},1]');
    expect(identity(record).oldText(3)).toBe('["a","held"]');
    expect(identity({ ...record, status: { b: 1, a: 2 } }).oldText(1)).toBe('["a",{"b":1,"a":2}]');
  });

  it.each([
    { status: "held" },
    { id: "", status: "held" },
    { id: 7, status: "held" },
    null,
    "text",
    ["a"],
  ])("of a record without an id is all of it: %j", (record) => {
    const found = identity(record);
    expect(found.isUnique).toBe(false);
    expect(JSON.parse(found.text)).toEqual(record);
    expect(found.oldText(2)).toBe(`${found.text}#2`);
  });

  it("does not depend on the order of a record's keys", () => {
    const one = recordIdentity({ a: 1, b: { c: 2, d: 3 } }, [], []);
    expect(recordIdentity({ b: { d: 3, c: 2 }, a: 1 }, [], []).text).toBe(one.text);
  });
});

describe("recordIdentities()", () => {
  it("numbers equal records without an id, and not those with one", () => {
    const records = [{ a: 1 }, { id: "x" }, { a: 1 }, { a: 2 }, { id: "x" }, { a: 1 }];
    expect(recordIdentities(records, ["id"])).toEqual([
      '{"a":1}#1',
      '["x"]',
      '{"a":1}#2',
      '{"a":2}#1',
      '["x"]',
      '{"a":1}#3',
    ]);
    expect(recordIdentities([{ id: "x" }, { id: "x" }], [])).toEqual([
      '{"id":"x"}#1',
      '{"id":"x"}#2',
    ]);
  });
});
