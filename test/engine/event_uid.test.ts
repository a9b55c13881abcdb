import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../support/amount.ts";
import { encodeWith, engineWith, lineOf } from "../support/engine_lines.ts";
import { eventUidOf, type Member, membersOf } from "../support/event_uid_reference.ts";
import { parseLeef } from "../support/leef_reference.ts";

/** The eventUid in a record's line. */
function uidOf(record: string | Uint8Array): string {
  return parseLeef(lineOf(record)).attributes.get("eventUid") as string;
}

const scalar = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const flatRecord = fc.dictionary(fc.string({ maxLength: 30 }), scalar, { maxKeys: 20 });

describe("eventUid", () => {
  it("is the fingerprint that the decision defines", () => {
    fc.assert(
      fc.property(flatRecord, (record) => {
        expect(uidOf(`${JSON.stringify(record)}\n`)).toBe(eventUidOf(membersOf(record)));
      }),
      { numRuns: runs(500) },
    );
  });

  it("has fixed values", () => {
    expect(uidOf('{"type":"receipt","timestamp":1767225600000}')).toMatchInlineSnapshot(
      `"8304d8373ccc47e6918e93cff9fa2d88"`,
    );
    expect(uidOf("{}")).toMatchInlineSnapshot(`"00000000000000000000000000000000"`);
    expect(uidOf("no record")).toMatchInlineSnapshot(`"044cca7ed53c5c03cc85600324777fda"`);
  });

  it("does not depend on the order of members or the space between them", () => {
    fc.assert(
      fc.property(flatRecord, fc.integer(), (record, seed) => {
        const entries = Object.entries(record);
        const turn = entries.length === 0 ? 0 : Math.abs(seed) % entries.length;
        const moved = [...entries.slice(turn), ...entries.slice(0, turn)].reverse();
        const spaced = `{ ${moved.map(([name, value]) => `${JSON.stringify(name)} :\t${JSON.stringify(value)}`).join(" , ")} }`;
        expect(uidOf(spaced)).toBe(uidOf(JSON.stringify(record)));
      }),
      { numRuns: runs(300) },
    );
  });

  it("leaves out _offset, _partition and null", () => {
    const plain = uidOf('{"type":"receipt","subject":"a"}');
    expect(uidOf('{"_offset":1,"type":"receipt","subject":"a","_partition":2,"x":null}')).toBe(
      plain,
    );
    expect(uidOf('{"type":"receipt","subject":"b"}')).not.toBe(plain);
  });

  it.each([
    ['{"a":"1"}', '{"a":1}'],
    ['{"ab":"c"}', '{"a":"bc"}'],
    ['{"a":"b","c":"d"}', '{"a":"d","c":"b"}'],
    ['{"a":"b","a2":"b"}', '{"a":"b"}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":""}', "{}"],
    ['{"a":"12345678"}', '{"a":"12345678 "}'],
  ])("tells %s from %s", (one, other) => {
    expect(uidOf(one)).not.toBe(uidOf(other));
  });

  it("is the same whatever the settings, the block and the position in it", () => {
    const record = '{"type":"receipt","timestamp":1767225600000,"subject":"a"}\n';
    const expected = uidOf(record);
    const engine = engineWith({ account: "other", format: "json" });
    const { lines } = encodeWith(engine, "siem", ["{}\n", `${record}{}\n`]);
    expect(JSON.parse(lines[1] as string).eventUid).toBe(expected);
  });

  it("of nested values, pairs and raw text follows the definition too", () => {
    const bytes = (text: string) => Buffer.from(text);
    const nested: Member = { name: bytes("tags"), value: bytes('["a", "b"]'), tag: "nested" };
    expect(uidOf('{"tags":["a", "b"]}')).toBe(eventUidOf([nested]));
    const pairs: Member[] = [
      { name: bytes("datetime"), value: bytes("2026-01-01T00:00:00+0000"), tag: "pair" },
      { name: bytes("Subject"), value: bytes("\\a|b\\"), tag: "pair" },
    ];
    expect(uidOf("datetime=2026-01-01T00:00:00+0000|Subject=\\a|b\\|Act=")).toBe(eventUidOf(pairs));
    const raw: Member = { name: bytes(""), value: bytes("no record"), tag: "raw" };
    expect(uidOf("  no record \r\n")).toBe(eventUidOf([raw]));
  });
});
