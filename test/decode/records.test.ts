import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { records } from "../../plugin/decode/records.ts";
import { DecodeError } from "../../plugin/errors.ts";
import { chunked } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

/** The lines that came out, and the error at the end. */
async function scan(
  text: string,
  path: readonly string[],
  positions: readonly number[] = [],
  options: Parameters<typeof records>[2] = {},
): Promise<{ lines: string[]; error: DecodeError | null }> {
  let out = "";
  let error: DecodeError | null = null;
  try {
    for await (const block of records(chunked(cutAt(bytesOf(text), positions)), path, options)) {
      expect(block.at(-1)).toBe(0x0a);
      out += Buffer.from(block).toString("utf8");
    }
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw thrown;
    error = thrown;
  }
  return { lines: out.split("\n").slice(0, -1), error };
}

/** JSON objects with everything that confuses a scanner: quotes, backslashes, brackets and line breaks in text. */
const tricky = fc.constantFrom(
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\n",
  "\r",
  "\t",
  "é",
  "a",
  "\\\\",
);
const trickyText = fc.array(tricky, { maxLength: 8 }).map((parts) => parts.join(""));
const record = fc.dictionary(
  trickyText,
  fc.oneof(
    trickyText,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(trickyText, { maxLength: 3 }),
    fc.dictionary(trickyText, trickyText, { maxKeys: 2 }),
  ),
  { maxKeys: 5 },
);
const recordList = fc.array(record, { maxLength: 8 });

describe("records()", () => {
  test("takes each record out unchanged, wherever the text is cut", async () => {
    await fc.assert(
      fc.asyncProperty(recordList, cutPositions, async (list, positions) => {
        const text = JSON.stringify({ type: "MTA", data: list });
        const { lines, error } = await scan(text, ["data"], positions);
        expect(error).toBeNull();
        expect(lines).toEqual(list.map((each) => JSON.stringify(each)));
      }),
    );
  });

  test("takes white space between tokens: a record stays one line", async () => {
    await fc.assert(
      fc.asyncProperty(recordList, cutPositions, async (list, positions) => {
        const text = JSON.stringify({ data: list }, null, "\r\n ");
        const { lines, error } = await scan(text, ["data"], positions);
        expect(error).toBeNull();
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          list.map((each) => JSON.parse(JSON.stringify(each)) as unknown),
        );
      }),
    );
  });

  test("finds lists inside the elements of a list and leaves the rest alone", async () => {
    await fc.assert(
      fc.asyncProperty(recordList, recordList, cutPositions, async (first, second, positions) => {
        const text = JSON.stringify({
          meta: { data: [{ logs: [{ no: 1 }] }], status: 200 },
          data: [
            { resultCount: 2, other: [{ no: 2 }], logs: first },
            { logs: second, deep: { logs: [3] } },
          ],
          fail: [],
        });
        const { lines, error } = await scan(text, ["data", "*", "logs"], positions);
        expect(error).toBeNull();
        expect(lines).toEqual([...first, ...second].map((each) => JSON.stringify(each)));
      }),
    );
  });

  test("text that ends too early gives all complete records, then truncated_json", async () => {
    const list = [{ a: '}]"' }, { b: [1, { c: "\\" }] }, { d: null }];
    const text = JSON.stringify({ type: "MTA", data: list });
    for (let end = 0; end < text.length; end++) {
      const { lines, error } = await scan(text.slice(0, end), ["data"]);
      expect(error?.code, `cut at ${end}`).toBe("truncated_json");
      let length = text.indexOf("[") + 1;
      const complete: string[] = [];
      for (const each of list.map((one) => JSON.stringify(one))) {
        length += each.length;
        if (length <= end) complete.push(each);
        length += 1;
      }
      expect(lines, `cut at ${end}`).toEqual(complete);
    }
  });

  test("the truncated file that Mimecast serves is truncated_json", async () => {
    expect((await scan('{ "type" : "MTA", "data" : ', ["data"])).error?.code).toBe(
      "truncated_json",
    );
    expect((await scan("", ["data"])).error?.code).toBe("truncated_json");
    expect((await scan(" \r\n", ["data"])).error?.code).toBe("truncated_json");
  });

  test("elements that are no objects are handed on as they are", async () => {
    const text = '{"data":[1, "two", null ,[3],{"a":4} , -5.5e3,"",true]}';
    await fc.assert(
      fc.asyncProperty(cutPositions, async (positions) => {
        const { lines, error } = await scan(text, ["data"], positions);
        expect(error).toBeNull();
        expect(lines).toEqual(["1", '"two"', "null", "[3]", '{"a":4}', "-5.5e3", '""', "true"]);
      }),
    );
  });

  test("containers around the records are sixty-four at most", async () => {
    const nested = (levels: number) => `{"data":[${"[".repeat(levels)}`;
    expect((await scan(nested(62), ["data", "none"])).error?.code).toBe("truncated_json");
    const { error } = await scan(nested(63), ["data", "none"]);
    expect(error?.message).toBe("Cannot read the JSON text: nested too deeply");
  });

  test.each([
    ['[[{"no":1}]]', ["data"]],
    ['{"*":[{"no":1}]}', ["*"]],
    ['{"data":{"a":[{"no":1}]}}', ["data"]],
    ['{"data":{"logs":[{"no":1}]}}', ["data", "*", "logs"]],
    ['{"x":{"data":[{"no":1}]}}', ["data"]],
    ['{"x":[[{"no":1}],{"data":[{"no":1}]}]}', ["data", "*"]],
  ])("finds no list in %s at %j", async (text, path) => {
    const { lines, error } = await scan(text, path);
    expect(lines).toEqual([]);
    expect(error?.code).toBe("malformed_json");
  });

  test("a star is each element of a list", async () => {
    expect((await scan('[[{"yes":1}],[],[2]]', ["*"])).lines).toEqual(['{"yes":1}', "2"]);
  });

  test("raw line breaks inside a string become spaces", async () => {
    const { lines } = await scan('{"data":[{"a":"x\r\ny"},{"b":\n1}]}', ["data"]);
    expect(lines).toEqual(['{"a":"x  y"}', '{"b": 1}']);
  });

  test("an empty list and a list without the inner one hold no records", async () => {
    expect(await scan('{"data":[]}', ["data"])).toEqual({ lines: [], error: null });
    expect(await scan('{"data":[]}', ["data", "*", "logs"])).toEqual({ lines: [], error: null });
    expect(await scan('{"data":[{"n":1}]}', ["data", "*", "logs"])).toEqual({
      lines: [],
      error: null,
    });
  });

  test("JSON without the list, and text that is no JSON, are malformed_json", async () => {
    for (const text of [
      '{"data":null}',
      '{"items":[{}]}',
      "{}",
      "[]",
      "<html>",
      '{"data":[{}]} x',
      '{"a":[}',
      '{"data":{}}',
      '{"data":{"x":1}}',
      ',{"data":[{}]}',
      ':{"data":[{}]}',
      "]",
      "}",
      '"text"',
      "5",
    ]) {
      expect((await scan(text, ["data"])).error?.code, text).toBe("malformed_json");
    }
  });

  test("what stands before a defect is handed on", async () => {
    const { lines, error } = await scan('{"data":[{"a":1},{"b":2}}', ["data"]);
    expect(lines).toEqual(['{"a":1}', '{"b":2}']);
    expect(error?.code).toBe("malformed_json");
  });

  test("nothing behind a defect is handed on, and no more is read", async () => {
    for (const text of ['x{"data":[{"no":1}]}', '{"data":[{"yes":1}}{"data":[{"no":1}]}']) {
      for (const positions of [[], Array.from(text, (_, at) => at)]) {
        const { lines, error } = await scan(text, ["data"], positions);
        expect(lines).toEqual(text.startsWith("x") ? [] : ['{"yes":1}']);
        expect(error?.code).toBe("malformed_json");
      }
    }
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pieces++;
        yield bytesOf("no JSON");
      }
    }
    await expect(records(endless(), ["data"]).next()).rejects.toMatchObject({
      code: "malformed_json",
    });
    expect(pieces).toBe(1);
  });

  test("keys of any kind come before the list, an empty one too", async () => {
    for (const key of ["", "\\", '"', '\\"', 'data"', "x".repeat(300), "é".repeat(200)]) {
      const text = JSON.stringify({ [key]: 1, data: [{ yes: 1 }] });
      for (const positions of [[], Array.from(text, (_, at) => at)]) {
        expect(await scan(text, ["data"], positions)).toEqual({
          lines: ['{"yes":1}'],
          error: null,
        });
      }
    }
  });

  test("a key that only looks like the path at another level does not count", async () => {
    const text = '{"a":{"data":[{"no":1}]},"b":"data","data":[{"yes":1}]}';
    expect((await scan(text, ["data"])).lines).toEqual(['{"yes":1}']);
  });

  test("a record over the limit is cut to one line, wherever the text is cut", async () => {
    const text = `{"data":[{"a":1},{"b":"${"x".repeat(500)}"},{"c":3}]}`;
    await fc.assert(
      fc.asyncProperty(cutPositions, async (positions) => {
        const { lines, error } = await scan(text, ["data"], positions, { maxRecordBytes: 100 });
        expect(error).toBeNull();
        expect(lines).toEqual(['{"a":1}', `{"b":"${"x".repeat(94)}`, '{"c":3}']);
      }),
    );
  });

  test("blocks are bounded whatever the size of the input's pieces", async () => {
    const one = JSON.stringify({ text: "y".repeat(900) });
    const text = `{"data":[${Array.from({ length: 3_000 }, () => one).join(",")}]}`;
    let count = 0;
    for await (const block of records(chunked([bytesOf(text)]), ["data"])) {
      expect(block.length).toBeLessThanOrEqual((64 + 256) * 1024 + 1_000);
      count += block.filter((byte) => byte === 0x0a).length;
    }
    expect(count).toBe(3_000);
  });
});
