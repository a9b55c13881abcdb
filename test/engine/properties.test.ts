import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/encode/engine.ts";
import { runs } from "../support/amount.ts";
import { KINDS, line, record, settings } from "../support/any_record.ts";
import { EVENT_IDS, encodeWith, engineWith } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

/** Lines that are records: those with something but blanks and byte order marks in them. */
function isRecord(bytes: Buffer): boolean {
  return (
    bytes
      .toString("latin1")
      .replaceAll("\u00ef\u00bb\u00bf", "")
      .replaceAll(/[ \t\r]/g, "") !== ""
  );
}

describe("any bytes", () => {
  it("come out as exactly one valid line a record, within the limit, the same every time", () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        settings,
        fc.constantFrom(...KINDS),
        (all, chosen, kind) => {
          const block = Buffer.concat(all.flatMap((bytes) => [bytes, Buffer.from("\n")]));
          const engine = engineWith(chosen);
          const { lines, records, bytes } = encodeWith(engine, kind, [block]);
          const expected = all.filter(isRecord).length;
          expect([lines.length, records]).toEqual([expected, expected]);
          for (const one of lines) checkLine(one, chosen);
          expect(encodeWith(engine, kind, [block]).bytes.equals(bytes)).toBe(true);
          expect(bytes.equals(Buffer.from(bytes.toString("utf8")))).toBe(true);
        },
      ),
      { numRuns: runs(1500), endOnFailure: true },
    );
  });

  it("come out the same wherever blocks are cut between lines", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 2, maxLength: 8 }), fc.nat(), (all, at) => {
        const blocks = all.map((bytes) => Buffer.concat([bytes, Buffer.from("\n")]));
        const middle = at % blocks.length;
        const engine = engineWith({ format: "json+leef" });
        const whole = encodeWith(engine, "auto", [Buffer.concat(blocks)]);
        expect(encodeWith(engine, "auto", blocks)).toEqual(whole);
        const two = [Buffer.concat(blocks.slice(0, middle)), Buffer.concat(blocks.slice(middle))];
        expect(encodeWith(engine, "auto", two)).toEqual(whole);
      }),
      { numRuns: runs(300), endOnFailure: true },
    );
  });

  it("leave no trace in the records behind them", () => {
    fc.assert(
      fc.property(line, record, settings, (before, after, chosen) => {
        const block = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from("\n")]);
        const alone = encodeWith(engineWith(chosen), "auto", [block(after)]).lines;
        const engine = engineWith(chosen);
        encodeWith(engine, "auto", [block(before)]);
        expect(encodeWith(engine, "auto", [block(after)]).lines).toEqual(alone);
      }),
      { numRuns: runs(300), endOnFailure: true },
    );
  });
});

describe("json lines", () => {
  it("encode to what the record itself encodes to", () => {
    fc.assert(
      fc.property(line, (bytes) => {
        const kind = "siem";
        const direct = encodeWith(engineWith(), kind, [bytes]).lines;
        const enveloped = encodeWith(engineWith({ format: "json" }), kind, [bytes]).bytes;
        expect(encodeWith(engineWith({ account: "" }), "auto", [enveloped]).lines).toEqual(direct);
      }),
      { numRuns: runs(500), endOnFailure: true },
    );
  });
});

function checkLine(text: string, chosen: Pick<EngineSettings, "format" | "maxLineBytes">): void {
  if (chosen.format === "leef") {
    expect(EVENT_IDS).toContain(parseLeef(text, chosen).eventId);
    return;
  }
  const envelope = JSON.parse(text);
  const keys = ["time", "account", "api", "source", "type", "eventUid", "event"];
  expect(Object.keys(envelope)).toEqual(chosen.format === "json" ? keys : [...keys, "message"]);
  expect(text.isWellFormed()).toBe(true);
  if (chosen.format === "json+leef") {
    const line = parseLeef(envelope.message, chosen);
    expect(line.attributes.get("eventUid")).toBe(envelope.eventUid);
    const type = envelope.type === "malformed_other" ? "malformed" : envelope.type;
    expect(line.attributes.get("cat")).toBe(type);
  }
}
