import { describe, expect, it } from "vitest";
import { joinedRecords, joinsOf } from "../../plugin/sources/stix_join.ts";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

const HASH = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";
const INDICATOR = {
  type: "indicator",
  id: "indicator--1",
  created: "2026-01-01T01:28:37.099Z",
  pattern: `[file:hashes.'SHA-256' = '${HASH}']`,
};
const MALWARE = {
  type: "malware",
  id: "malware--1",
  created: "2026-01-01T01:28:37Z",
  name: "a}.docm",
};
const RELATION = {
  type: "relationship",
  id: "relationship--1",
  relationship_type: "indicates",
  source_ref: "indicator--1",
  target_ref: "malware--1",
};

async function joined(
  objects: readonly object[],
  keep = objects.map(() => true),
): Promise<object[]> {
  async function* blocks() {
    for (const object of objects) yield Buffer.from(`${JSON.stringify(object)}\n`);
  }
  const parts: Buffer[] = [];
  for await (const block of joinedRecords(blocks(), joinsOf(objects, keep), keep))
    parts.push(Buffer.from(block));
  const text = Buffer.concat(parts).toString("utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe("a relationship of STIX", () => {
  it("is told on the indicator and the malware, and makes no record", async () => {
    const [malware, indicator, ...more] = await joined([RELATION, MALWARE, INDICATOR]);
    expect(more).toEqual([]);
    expect(malware).toEqual({ ...MALWARE, x_mimecast_input_indicators: [HASH] });
    expect(indicator).toEqual({ ...INDICATOR, x_mimecast_input_malware: ["a}.docm"] });
    const told = parseLeef(lineOf(indicator as object)).attributes;
    expect([told.get("indicates"), told.get("sha256")]).toEqual(["a}.docm", HASH]);
    expect(parseLeef(lineOf(malware as object)).attributes.get("indicatedBy")).toBe(HASH);
    expect(told.get("eventUid")).toBe(parseLeef(lineOf(INDICATOR)).attributes.get("eventUid"));
  });

  it("stays a record with both ids where an end is not in the same answer", async () => {
    expect(await joined([RELATION, INDICATOR])).toEqual([RELATION, INDICATOR]);
    const line = parseLeef(lineOf(RELATION)).attributes;
    expect([line.get("sourceRef"), line.get("targetRef")]).toEqual(["indicator--1", "malware--1"]);
  });

  it("is told on new objects where the other one was taken before", async () => {
    const kept = await joined([RELATION, MALWARE, INDICATOR], [true, false, true]);
    expect(kept).toEqual([{ ...INDICATOR, x_mimecast_input_malware: ["a}.docm"] }]);
  });

  it("stays a record where both ends were taken before", async () => {
    expect(await joined([RELATION, MALWARE, INDICATOR], [true, false, false])).toEqual([RELATION]);
  });

  it("stays a record where what it joins is no indicator and no malware", async () => {
    const pairs: [object, object][] = [
      [{ ...INDICATOR, type: "tool" }, MALWARE],
      [INDICATOR, { ...MALWARE, type: "tool" }],
      [{ ...INDICATOR, id: 7 }, MALWARE],
    ];
    for (const [one, other] of pairs) {
      expect(await joined([RELATION, one, other])).toEqual([RELATION, one, other]);
    }
  });

  it("is found among what is no object of STIX, which stays as it is", async () => {
    const rest = [null, 7, "indicator--1", [INDICATOR], {}, { type: "relationship" }] as object[];
    const records = await joined([...rest, RELATION, INDICATOR, MALWARE]);
    expect(records.slice(0, rest.length)).toEqual(rest);
    expect(records.slice(rest.length)).toMatchObject([
      { x_mimecast_input_malware: ["a}.docm"] },
      { x_mimecast_input_indicators: [HASH] },
    ]);
  });

  it("names malware by its id where it has no name, and an indicator where it has no hash", async () => {
    for (const name of ["", 7, undefined]) {
      const malware = { ...MALWARE, name };
      const [indicator, told] = await joined([INDICATOR, malware, RELATION]);
      expect(indicator).toMatchObject({ x_mimecast_input_malware: ["malware--1"] });
      expect(told).toMatchObject({ x_mimecast_input_indicators: [HASH] });
    }
    const [, told] = await joined([
      { ...INDICATOR, pattern: "[url:value = 'x']" },
      MALWARE,
      RELATION,
    ]);
    expect(told).toMatchObject({ x_mimecast_input_indicators: ["indicator--1"] });
  });

  it("names several in order, whatever the order in which they come", async () => {
    const others = ["b", "c", "a"].map((id) => ({ ...INDICATOR, id, pattern: "" }));
    const relations = others.map(({ id }) => ({ ...RELATION, source_ref: id }));
    const [malware] = await joined([MALWARE, ...others, ...relations]);
    expect(malware).toMatchObject({ x_mimecast_input_indicators: ["a", "b", "c"] });
  });

  it("gives no block without a record", async () => {
    async function* blocks() {
      yield Buffer.from(`${JSON.stringify(RELATION)}\n`);
    }
    const objects = [RELATION, INDICATOR, MALWARE];
    const keep = objects.map(() => true);
    const given = [];
    for await (const block of joinedRecords(blocks(), joinsOf(objects, keep), keep))
      given.push(block);
    expect(given).toEqual([]);
  });

  it("names at most 32 others", async () => {
    const many = Array.from({ length: 50 }, (_, index) => [
      { ...INDICATOR, id: `indicator--${index}`, pattern: "" },
      { ...RELATION, id: `relationship--${index}`, source_ref: `indicator--${index}` },
    ]).flat();
    const records = await joined([MALWARE, ...many]);
    expect((records[0] as Record<string, unknown[]>).x_mimecast_input_indicators).toHaveLength(32);
    expect(records).toHaveLength(51);
  });
});
