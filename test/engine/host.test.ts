import { describe, expect, it } from "vitest";
import { createEngine, loadEngine, ResumeMismatchError } from "../../plugin/encode/engine.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { encodeWith, engineWith, MODULE, WASM_BYTES } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

const record = (index: number) => `{"type":"journal","timestamp":${1767225600000 + index}}\n`;
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => record(from + index)).join("");

describe("createEngine()", () => {
  it.each([
    [{ maxLineBytes: 1023 }, "limit=1023"],
    [{ maxLineBytes: 32_001 }, "limit=32001"],
    [{ format: "xml" as "json" }, "format=xml"],
    [{ api: "3.0" as "2.0" }, "api=3.0"],
    [{ delimiter: "#" as "^" }, "delimiter=#"],
    [{ leefVersion: "3.0" as "2.0" }, "leef=3.0"],
    [{ usrName: "nobody" as "sender" }, "usrName=nobody"],
    [{ mapping: { rename: { nokey: "x" }, drop: [], severity: {} } }, "rename.nokey=x"],
    [{ mapping: { rename: { subject: "a b" }, drop: [], severity: {} } }, "rename.subject=a b"],
    [{ mapping: { rename: { subject: "" }, drop: [], severity: {} } }, "rename.subject="],
    [
      { mapping: { rename: { subject: "x".repeat(41) }, drop: [], severity: {} } },
      "rename.subject=",
    ],
    [{ mapping: { rename: {}, drop: ["nokey"], severity: {} } }, "drop.nokey=1"],
    [{ mapping: { rename: {}, drop: [], severity: { journal: 11 } } }, "severity.journal=11"],
    [{ mapping: { rename: {}, drop: [], severity: { journal: 0 } } }, "severity.journal=0"],
    [{ mapping: { rename: {}, drop: [], severity: { nothing: 1 } } }, "severity.nothing=1"],
  ])("refuses %j and says which setting it is", (settings, named) => {
    expect(() => engineWith(settings)).toThrow(ConfigError);
    expect(() => engineWith(settings)).toThrow(named);
  });

  it("refuses settings that do not fit its memory", () => {
    expect(() => engineWith({ account: "x".repeat(300_000) })).toThrow(ConfigError);
  });

  it("a line break in a setting does not make another setting", () => {
    const { lines } = encodeWith(engineWith({ account: "a\nformat=json" }), "siem", [record(0)]);
    expect(parseLeef(lines[0] as string).attributes.get("accountName")).toBe("a format=json");
  });

  it("engines of one module do not know of each other", () => {
    const one = createEngine(loadEngine(WASM_BYTES), {
      format: "leef",
      account: "one",
      hostname: "one",
      api: "1.0",
      maxLineBytes: 1024,
      delimiter: "tab",
      leefVersion: "1.0",
      usrName: "sender",
      mapping: { rename: {}, drop: ["accountName"], severity: { journal: 9 } },
    });
    const other = engineWith();
    expect(MODULE).toBeDefined();
    const [first] = encodeWith(one, "siem", [record(0)]).lines;
    const [second] = encodeWith(other, "siem", [record(0)]).lines;
    expect(parseLeef(first as string)).toMatchObject({
      leefVersion: "1.0",
      version: "1.0",
      pri: 131,
    });
    expect(parseLeef(second as string)).toMatchObject({
      leefVersion: "2.0",
      hostname: "mimecast-acme",
    });
  });
});

describe("Engine.encode()", () => {
  const engine = engineWith();

  it("counts records and digests them, however the blocks are cut", () => {
    const whole = encodeWith(engine, "siem", [records(0, 5000)]);
    const cut = encodeWith(engine, "siem", [records(0, 1), records(1, 7), "", records(7, 5000)]);
    expect(cut).toEqual(whole);
    expect(whole.records).toBe(5000);
    expect(whole.lines).toHaveLength(5000);
    expect(encodeWith(engine, "siem", [records(1, 5000)]).digest).not.toBe(whole.digest);
    expect(encodeWith(engine, "siem", [record(1), record(0)]).digest).not.toBe(
      encodeWith(engine, "siem", [record(0), record(1)]).digest,
    );
  });

  it("a last line without its line feed is a record too", () => {
    const whole = encodeWith(engine, "siem", [records(0, 3)]);
    expect(encodeWith(engine, "siem", [records(0, 3).trimEnd()])).toEqual(whole);
  });

  it("chunks are whole lines, and a block without records gives none", () => {
    engine.begin("siem");
    for (const chunk of engine.encode(Buffer.from(records(0, 20_000)))) {
      expect(chunk.bytes.at(-1)).toBe(10);
    }
    expect([...engine.encode(Buffer.from("\n \r\n\t\n"))]).toEqual([]);
    engine.end();
  });

  it("blocks far larger than the engine's memory pass through it", () => {
    const wide = `{"type":"av","subject":"${"x".repeat(3000)}","timestamp":1767225600000}\n`;
    for (const format of ["leef", "json", "json+leef"] as const) {
      const { records: count, lines } = encodeWith(engineWith({ format }), "siem", [
        wide.repeat(1000),
      ]);
      expect(count).toBe(1000);
      expect(new Set(lines).size).toBe(1);
    }
  });

  it("a record that does not fit is one malformed line, and what follows is read", () => {
    for (const size of [262_144, 300_000, 1_000_000, 2_000_000]) {
      const huge = `{"type":"av","subject":"${"x".repeat(size)}"}\n`;
      const {
        lines,
        malformed,
        records: count,
      } = encodeWith(engine, "siem", [
        `${record(0)}${huge}${record(1)}`,
        huge.trimEnd(),
        record(2),
      ]);
      expect([count, malformed]).toEqual([5, 2]);
      const attributes = parseLeef(lines[1] as string, { maxLineBytes: 4096 }).attributes;
      expect(attributes.get("reason")).toBe("longer than 262144 bytes");
      expect(attributes.get("raw")).toMatch(/^\{"type":"av","subject":"x+$/);
      expect(lines[2]).toBe(encodeWith(engine, "siem", [record(1)]).lines[0]);
      expect(lines[4]).toBe(encodeWith(engine, "siem", [record(2)]).lines[0]);
    }
  });

  it("the longest record that fits is read, whatever stands before it", () => {
    const frame = '{"type":"av","subject":""}'.length;
    const longest = `{"type":"av","subject":"${"x".repeat(262_143 - frame)}"}`;
    for (const blocks of [[`${longest}\n`], [longest], [`${record(0)}${longest}\n${record(1)}`]]) {
      expect(encodeWith(engine, "siem", blocks).malformed).toBe(0);
    }
    expect(encodeWith(engine, "siem", [`${longest} \n`]).malformed).toBe(1);
  });

  it("records that grow most still fit the output", () => {
    const bad = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.alloc(262_000, 0xff),
      Buffer.from('"}\n'),
    ]);
    const json = encodeWith(engineWith({ format: "json+leef", maxLineBytes: 32_000 }), "siem", [
      bad,
      bad,
    ]);
    expect(json.malformed).toBe(0);
    expect(JSON.parse(json.lines[1] as string).event.a).toBe("\ufffd".repeat(262_000));
    const controls = `datetime=x|Act=Acc|Subject=${"\u0001".repeat(65_000)}\n`;
    const pairs = encodeWith(engineWith({ format: "json+leef" }), "siem", [controls.repeat(3)]);
    expect(pairs.malformed).toBe(0);
    expect(JSON.parse(pairs.lines[2] as string).event).toBe(controls.trimEnd());
  });
});

describe("Engine.begin() with records that were taken", () => {
  const engine = engineWith();
  const all = encodeWith(engine, "siem", [records(0, 1000)]);
  const taken = (count: number) => ({
    records: count,
    digest: encodeWith(engine, "siem", [records(0, count)]).digest,
  });

  it.each([1, 500, 999])("the first %i make no output, the rest does", (count) => {
    const rest = encodeWith(engine, "siem", [records(0, 400), records(400, 1000)], taken(count));
    expect(rest.lines).toEqual(all.lines.slice(count));
    expect([rest.records, rest.digest]).toEqual([1000, all.digest]);
  });

  it("all of them: nothing comes out, but they are counted", () => {
    const rest = encodeWith(engine, "siem", [records(0, 1000)], taken(1000));
    expect([rest.lines, rest.records, rest.digest]).toEqual([[], 1000, all.digest]);
  });

  it("throws before anything is put out where the digest differs", () => {
    engine.begin("siem", { ...taken(10), digest: "0".repeat(32) });
    const put: number[] = [];
    expect(() => {
      for (const chunk of engine.encode(Buffer.from(records(0, 1000))))
        put.push(chunk.bytes.length);
    }).toThrow(ResumeMismatchError);
    expect(put.filter((length) => length > 0)).toEqual([]);
    expect(encodeWith(engine, "siem", [records(0, 1000)])).toEqual(all);
  });

  it("throws at the end where the item is shorter than it was", () => {
    expect(() => encodeWith(engine, "siem", [records(0, 9)], taken(10))).toThrow(
      "its first 10 records must be those of the checkpoint: it holds 9",
    );
  });
});
