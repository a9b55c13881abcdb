import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordKind, UnknownName } from "../../plugin/encode/engine.ts";
import { KINDS } from "../../plugin/encode/engine_module.ts";
import { record as anyRecord } from "../support/any_record.ts";
import { encodeWith, engineWith } from "../support/engine_lines.ts";

/** What the mapping does not know of these records, as "kind name count". */
function unknownOf(records: readonly (object | string)[], kind: RecordKind = "auto"): string[] {
  const engine = engineWith();
  encodeWith(engine, kind, [linesOf(records)]);
  return engine.takeUnknown().map(({ kind, name, count }) => `${kind} ${name} ${count}`);
}

const linesOf = (records: readonly (object | string)[]) =>
  records.map((each) => `${typeof each === "string" ? each : JSON.stringify(each)}\n`).join("");

const RECEIPT = { type: "receipt", action: "Acc", timestamp: 1767225600000 };

describe("Engine.takeUnknown()", () => {
  it("names what the mapping does not know, and how often it came", () => {
    const records = [
      RECEIPT,
      { ...RECEIPT, color: "red", shape: null },
      { ...RECEIPT, color: "blue", action: "Xyz" },
      { type: "brand new type", color: 1 },
      { nothing: 1 },
    ];
    expect(unknownOf(records)).toEqual([
      "field color 3",
      "field shape 1",
      "action Xyz 1",
      "type brand new type 1",
      "field nothing 1",
      "type  1",
    ]);
  });

  it("begins anew once it was asked", () => {
    const engine = engineWith();
    encodeWith(engine, "siem", [linesOf([{ ...RECEIPT, color: 1 }])]);
    expect(engine.takeUnknown()).toHaveLength(1);
    expect(engine.takeUnknown()).toEqual([]);
    encodeWith(engine, "siem", [linesOf([{ ...RECEIPT, color: 1 }])]);
    expect(engine.takeUnknown()).toEqual([{ kind: "field", name: "color", count: 1 }]);
  });

  it.each<[string, RecordKind, object, string[]]>([
    ["words in any spelling", "siem", { ...RECEIPT, action: "ACC" }, []],
    ["a word that is not there", "siem", { type: "receipt" }, []],
    ["a type that only the fields tell", "siem", { aCode: "a", Act: "Acc", Dir: "Inbound" }, []],
    ["a subtype", "siem", { type: "process", subtype: "Xyz" }, ["subtype Xyz 1"]],
    ["a type of another spelling", "siem", { ...RECEIPT, type: "Receipt" }, []],
    [
      "a rejection's type, which is a code",
      "rejections",
      { type: 14030, manageRecipient: "f" },
      [],
    ],
    ["the same without being told", "auto", { type: 14030, manageRecipient: "f" }, []],
    ["an audit type: there are hundreds", "audit", { auditType: "New Thing", eventInfo: "x" }, []],
    [
      "an audit category",
      "audit",
      { auditType: "x", category: "new_logs" },
      ["category new_logs 1"],
    ],
    ["names that are left out", "auto", { type: "indicator", spec_version: "2.0", lang: "en" }, []],
    ["a STIX object", "threat_intel", { type: "x-new", valid_from: "x" }, ["type x-new 1"]],
    ["a rare STIX object", "threat_intel", { type: "relationship" }, []],
    ["members inside a field", "auto", { type: "entities", policiesApplied: [{ a: 1 }] }, []],
  ])("knows or tells %s", (_, kind, record, expected) => {
    expect(unknownOf([record], kind)).toEqual(expected);
  });

  it("takes no text that could be the content of a mail, and no long one", () => {
    const names = ["jo.lind@example.com", "a\u001b[2J", 'say "x"', "é", "x".repeat(49), "a|b^c"];
    for (const name of names) {
      expect(unknownOf([{ ...RECEIPT, [name]: 1 }])).toEqual(["field  1"]);
      expect(unknownOf([{ ...RECEIPT, action: name }])).toEqual(["action  1"]);
    }
    expect(unknownOf([{ ...RECEIPT, ["x".repeat(48)]: 1 }])).toEqual([`field ${"x".repeat(48)} 1`]);
    expect(unknownOf([{ ...RECEIPT, action: ["Acc"] }])).toEqual(["action  1"]);
  });

  it("has room for 31 names, and counts all others as one", () => {
    const records = Array.from({ length: 100 }, (_, at) => ({ ...RECEIPT, [`f${at}`]: 1 }));
    const counted = unknownOf([...records, ...records]);
    expect(counted).toHaveLength(32);
    expect(counted.slice(0, 31)).toEqual(Array.from({ length: 31 }, (_, at) => `field f${at} 2`));
    expect(counted[31]).toBe("more  138");
  });

  it("counts a record once, however often its output has to wait, and none that was skipped", () => {
    const many = Array.from({ length: 6000 }, (_, at) => ({
      ...RECEIPT,
      color: at,
      subject: "x".repeat(300),
    }));
    expect(unknownOf(many)).toEqual(["field color 6000"]);
    const first = encodeWith(engineWith(), "siem", [linesOf(many.slice(0, 4000))]);
    const engine = engineWith();
    encodeWith(engine, "siem", [linesOf(many)], first);
    expect(engine.takeUnknown()).toEqual([{ kind: "field", name: "color", count: 2000 }]);
  });

  it("looks into an envelope of our own, not at it", () => {
    const [line] = encodeWith(engineWith({ format: "json" }), "siem", [
      linesOf([{ ...RECEIPT, color: 1 }]),
    ]).lines;
    expect(unknownOf([line as string])).toEqual(["field color 1"]);
    const { event, ...rest } = JSON.parse(line as string);
    expect(unknownOf([{ event, ...rest }])).toEqual(["field color 1"]);
  });

  it("of key=value lines takes only names that no sender of mail can have written", () => {
    const head = "datetime=2026-01-01T16:47:41+0100|aCode=7O7I7MvG|acc=C1";
    const line = `${head}|Shade=7|IP=192.0.2.1|Dir=Inbound|MsgId=<a@b.c>|Subject=\\x|Color=1\\|Sender=a@b.c|Rcpt=d@e.f|Act=Rej`;
    expect(unknownOf([line])).toEqual(["field Shade 1"]);
    expect(unknownOf([`${head}|IP=192.0.2.1|Dir=Inbound|Rcpt=d@e.f|Act=New`])).toEqual([
      "action New 1",
    ]);
  });

  it("is bounded, of word characters, and the lines are the same with and without it", () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { maxLength: 20 }),
        fc.constantFrom(...KINDS),
        (records, kind) => {
          const block = Buffer.concat(records.flatMap((each) => [each, Buffer.from("\n")]));
          const engine = engineWith();
          const { lines } = encodeWith(engine, kind, [block]);
          const names: readonly UnknownName[] = engine.takeUnknown();
          expect(names.length).toBeLessThanOrEqual(32);
          for (const { name, count } of names) {
            expect(name).toMatch(/^[A-Za-z0-9 ./:_-]{0,48}$/);
            expect(count).toBeGreaterThan(0);
          }
          expect(encodeWith(engine, kind, [block]).lines).toEqual(lines);
          expect(engine.takeUnknown()).toEqual(names);
        },
      ),
      { numRuns: 200 },
    );
  });
});
