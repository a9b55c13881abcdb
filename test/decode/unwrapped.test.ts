import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWrapped, unwrapped } from "../../plugin/decode/unwrapped.ts";
import { DecodeError } from "../../plugin/errors.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 7): Promise<unknown[]> {
  const parts: Buffer[] = [];
  for await (const block of unwrapped(pieces(text, size))) parts.push(Buffer.from(block));
  return linesIn(Buffer.concat(parts).toString("utf8"));
}

function linesIn(text: string): unknown[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const A = { type: "receipt", policiesApplied: [{ data: [1] }], text: '"data":[{' };
const B = { type: "process", data: 1, value: { objects: [{}] }, subject: "a]}\\" };

/** What Mimecast wraps records in. */
const WRAPPERS: Readonly<Record<string, (records: object[]) => unknown>> = {
  "a SIEM file": (data) => ({ type: "MTA", data }),
  "a page": (data) => ({ meta: { status: 200, pagination: { next: "x" } }, data, fail: [] }),
  "a page, in another order": (data) => ({ fail: [], data, meta: {} }),
  "a page of clicks": (clickLogs) => ({ meta: {}, data: [{ clickLogs }], fail: [] }),
  "a batch": (value) => ({ value, "@nextPage": "x", isCaughtUp: false }),
  "a STIX bundle": (objects) => ({ type: "bundle", id: "bundle--1", objects }),
  "a list": (records) => records,
};

describe("unwrapped()", () => {
  it.each(Object.entries(WRAPPERS))("takes the records out of %s", async (_, wrap) => {
    for (const text of [JSON.stringify(wrap([A, B])), JSON.stringify(wrap([A, B]), null, 2)]) {
      expect(isWrapped(Buffer.from(text))).toBe(true);
      for (const size of [1, 7, 10_000]) expect(await read(text, size)).toEqual([A, B]);
      expect(await read(`${text}\n${text}`)).toEqual([A, B, A, B]);
      expect(await read(`${text},${text}`)).toEqual([A, B, A, B]);
    }
    expect(await read(JSON.stringify(wrap([])))).toEqual([]);
  });

  it("takes records that are printed over several lines", async () => {
    const text = `${JSON.stringify(A, null, 2)}\n${JSON.stringify(B, null, "\t")}\r\n`;
    expect(isWrapped(Buffer.from(text))).toBe(true);
    expect(await read(text)).toEqual([A, B]);
  });

  it("gives any record back, however it is printed and cut", async () => {
    const record = fc
      .dictionary(fc.string(), fc.jsonValue())
      .filter((each) => Object.keys(each).length > 0);
    const wrapper = fc.constantFrom(...Object.values(WRAPPERS).slice(0, 6));
    const property = fc.asyncProperty(
      fc.array(record, { maxLength: 4 }),
      wrapper,
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 40 }),
      async (records, wrap, space, size) => {
        const inside = records.map((each) => ({ id: "x", ...each }));
        fc.pre(!/"(data|value|objects|logs|\w*Logs)":\s*\[/.test(JSON.stringify(inside)));
        expect(await read(JSON.stringify(wrap(inside), null, space), size)).toEqual(
          JSON.parse(JSON.stringify(inside)),
        );
      },
    );
    await fc.assert(property);
  });

  it("leaves out of a list what is no record, strings that look like records included", async () => {
    const none = fc.oneof(
      fc.constantFrom(null, true, -1.5e3, "", "a, b", "]", '{"a":1}', '\\"{', "[1,{", "}"),
      fc.string(),
      fc.constant([]),
    );
    const item = fc.oneof(
      none.map((value) => ({ value, isRecord: false })),
      fc.constantFrom(A, B).map((value) => ({ value, isRecord: true })),
    );
    const property = fc.asyncProperty(
      fc.array(item, { maxLength: 8 }),
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 40 }),
      async (items, space, size) => {
        const text = JSON.stringify(
          items.map(({ value }) => value),
          null,
          space,
        );
        expect(await read(text, size)).toEqual(
          items.filter(({ isRecord }) => isRecord).map(({ value }) => value),
        );
      },
    );
    await fc.assert(property);
  });

  it.each([
    ["[}", 0, "text outside"],
    [`[${JSON.stringify(A)}} ${JSON.stringify(B)}`, 1, "text outside"],
    [`${JSON.stringify(A)}] ${JSON.stringify(B)}`, 1, "text outside"],
    [`x${JSON.stringify(A)}`, 0, "text outside"],
    ["[1 2}", 0, "text outside"],
    ["[", 0, "ends too early"],
    [`[${JSON.stringify(A)}`, 1, "ends too early"],
    [`{"data":[${JSON.stringify(A)}]`, 1, "ends too early"],
    ['["a', 0, "ends too early"],
    ['{"a":1', 0, "ends too early"],
    ["[".repeat(65), 0, "nested too deeply"],
    [`${'{"data":['.repeat(33)}{`, 0, "nested too deeply"],
  ])("refuses %s, and gives what comes before: %i", async (text, count, why) => {
    for (const size of [1, 10_000]) {
      let out = "";
      const reading = async () => {
        for await (const block of unwrapped(pieces(text, size))) out += Buffer.from(block);
      };
      await expect(reading()).rejects.toMatchObject({
        code: "malformed_json",
        message: expect.stringContaining(why),
      });
      expect(out).toBe(count === 0 ? "" : `${JSON.stringify(A)}\n`);
    }
  });

  it("takes lists in lists, and wrappers in wrappers, as deep as its limit", async () => {
    expect(await read(`${"[".repeat(64)}${JSON.stringify(A)}${"]".repeat(64)}`)).toEqual([A]);
    const wrapped = `${'{"data":['.repeat(32)}${JSON.stringify(A)}${"]}".repeat(32)}`;
    expect(await read(wrapped)).toEqual([A]);
  });

  it.each([
    { data: [1], x: 2 },
    { logs: ["a"] },
    { objects: [[{}]] },
    { value: {} },
    { data: { x: [{}] } },
    { type: "data", other: [{}] },
    { type: "x", "": [{ data: "data" }] },
    { x: { data: [{}] } },
    { x: { data: 1 }, y: [{}] },
    { [`${"x".repeat(70)}Logs`]: [{}] },
    { [`data${"x".repeat(70)}`]: [{}] },
    { "a\\": "b", '"data"': [{}] },
  ])("takes an object that wraps nothing for a record: %j", async (record) => {
    for (const text of [JSON.stringify(record), JSON.stringify(record, null, 2)]) {
      for (const size of [1, 10_000]) {
        expect(await read(`${text}\n${text}`, size)).toEqual([record, record]);
      }
    }
  });

  const LISTS = ["data", "value", "objects", "clickLogs", "logs"];

  it("takes the records out of every list of an object, in any order", async () => {
    const member = fc.oneof(
      fc.tuple(fc.constantFrom(...LISTS), fc.array(fc.constantFrom(A, B), { maxLength: 3 })),
      fc.tuple(fc.constantFrom("x", "fail"), fc.constantFrom("]}", 1, [], [1, {}], { data: [A] })),
      fc.constant(["fail", [{ errors: [{ code: "x" }] }]] as const),
    );
    const property = fc.asyncProperty(
      fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 6 }),
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 40 }),
      async (members, space, size) => {
        const lists = members.filter(([key]) => LISTS.includes(key));
        fc.pre(lists.length > 0);
        const text = JSON.stringify(Object.fromEntries(members), null, space);
        expect(await read(text, size)).toEqual(lists.flatMap(([, records]) => records));
      },
    );
    await fc.assert(property);
  });

  it.each([
    [{ data: [A], items: [B] }, [A], "items"],
    [{ items: [B], data: [A] }, [A], "items"],
    [{ x: 1, items: [B], more: [B], data: [], value: [A] }, [A], "items"],
    [[{ data: [{ items: [{}] }], items: [B] }, A], [{ items: [{}] }, A], "items"],
    [{ data: [{ items: [B], dataLogs: [A] }] }, [A], "items"],
  ])("loses no list beside the records without a word: %j", async (value, records, name) => {
    for (const size of [1, 10_000]) {
      let out = "";
      const reading = async () => {
        const text = JSON.stringify(value);
        for await (const block of unwrapped(pieces(text, size))) out += Buffer.from(block);
      };
      await expect(reading()).rejects.toThrow(`another list of objects, "${name}"`);
      expect(linesIn(out)).toEqual(records);
    }
  });

  it("leaves out white space between tokens where a record was printed over several lines", async () => {
    let out = "";
    for await (const block of unwrapped(pieces(JSON.stringify({ data: [A, B] }, null, 2), 9))) {
      out += Buffer.from(block);
    }
    expect(out).toBe(`${JSON.stringify(A)}\n${JSON.stringify(B)}\n`);
  });

  it("gives blocks of bounded size, whatever comes in at once, and reads no more than it can use", async () => {
    const text = JSON.stringify({ data: Array(5_000).fill(A) });
    const sizes: number[] = [];
    for await (const block of unwrapped(pieces(text, text.length))) sizes.push(block.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5_000 * (JSON.stringify(A).length + 1));
    expect(Math.max(...sizes)).toBeLessThanOrEqual((64 + 256) * 1024 + 1_000);
    for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(64 * 1024);
    let count = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        count++;
        yield Buffer.from("no JSON");
      }
    }
    await expect(unwrapped(endless()).next()).rejects.toThrow("text outside");
    expect(count).toBe(1);
  });

  it("says so where the text ends too early or is none, after what came before", async () => {
    const whole = JSON.stringify({ type: "MTA", data: [A, B] });
    const parts: string[] = [];
    const cut = async () => {
      for await (const block of unwrapped(pieces(whole.slice(0, -20), 9))) {
        parts.push(Buffer.from(block).toString("utf8"));
      }
    };
    await expect(cut()).rejects.toThrow(DecodeError);
    expect(parts.join("")).toBe(`${JSON.stringify(A)}\n`);
    await expect(read(`[${JSON.stringify(A)}] trailing`)).rejects.toThrow("text outside");
    await expect(read("[".repeat(100))).rejects.toThrow("nested too deeply");
  });
});

describe("isWrapped()", () => {
  it.each([
    "",
    "datetime=x|Act=Acc",
    '{"type":"receipt"}\n{"type":"process"}',
    '{"type":"receipt"',
    '{"type":"receipt",\n{"type":"process"}',
    '{"type":"receipt","subj\n{"type":"process"}',
    '{"authResults":[{"type":"SPF"}]}\n',
    "{broken\n{}\n",
    "no record\n[]",
    "\n \uFEFF\t",
  ])("is false for lines: %j", (text) => expect(isWrapped(Buffer.from(text))).toBe(false));

  it.each([
    "[",
    "\uFEFF \r\n[",
    "\n\uFEFF[]",
    '{"data":[{',
    '{\r\n  "type": 1',
    '{"a":\n{"b":1}}',
    '{"a":[\n{"b":1}]}',
    '{"a":[\n[1]]}',
    '{"a":[1,\n"x"]}',
    '{"a":"x",\n"b":1}',
    '{"a":{\n}}',
  ])("is true for what is wrapped or printed over several lines: %j", (text) =>
    expect(isWrapped(Buffer.from(text))).toBe(true),
  );
});
