import { describe, expect, it } from "vitest";
import { encodeWith, engineWith, lineOf, linesOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

const json = { format: "json" } as const;
const both = { format: "json+leef" } as const;

describe("json", () => {
  it("is an envelope round the record as it came", () => {
    const record = '{"type" : "receipt",\t"timestamp":1767225600000, "x":[1, 2.50,{"y":null}]}';
    const line = lineOf(record, { ...json, account: 'a"b', api: "1.0" });
    const uid = parseLeef(lineOf(record)).attributes.get("eventUid");
    expect(line).toBe(
      `{"time":"2026-01-01T00:00:00.000Z","account":"a\\"b","api":"1.0","source":"siem","type":"receipt","eventUid":"${uid}","event":${record}}`,
    );
  });

  it("holds bytes that are not UTF-8 as U+FFFD, and half surrogate pairs as \\ufffd", () => {
    const record = Buffer.concat([
      Buffer.from('{"type":"av","a":"\\ud800\\udc00 \\ud800x \\udfff","b":"'),
      Buffer.from([0xff, 0x41, 0xe2, 0x82]),
      Buffer.from('"}'),
    ]);
    const line = lineOf(record, json);
    expect(line).toContain(
      '"event":{"type":"av","a":"\\ud800\\udc00 \\ufffdx \\ufffd","b":"\ufffdA\ufffd"}}',
    );
    expect(JSON.parse(line).event.a.isWellFormed()).toBe(true);
  });

  it.each([
    ["[1]", "[1]"],
    ['{"a":1}}', '{"a":1}}'],
    ['{"a":"\u0001"}', '{"a":" "}'],
    ['{"a":01}', '{"a":01}'],
    ['{"a":1e}', '{"a":1e}'],
    ['{"a":.5}', '{"a":.5}'],
    ['{"a":-}', '{"a":-}'],
    ['{"a":"\\x"}', '{"a":"\\x"}'],
    ['{"a":"\\u12g4"}', '{"a":"\\u12g4"}'],
    ['{"a":tru}', '{"a":tru}'],
    ['{"a":1,}', '{"a":1,}'],
    ['{"a":[1,]}', '{"a":[1,]}'],
    ['{"a":[1}}', '{"a":[1}}'],
    ["{'a':1}", "{'a':1}"],
    ['{"a" 1}', '{"a" 1}'],
    ["{a:1}", "{a:1}"],
    ['{"a":1', '{"a":1'],
    ['{"a', '{"a'],
    ['{"type\u0000":1}', '{"type ":1}'],
    ["{", "{"],
    ["tab\there", "tab here"],
    ['quote " and \\', 'quote " and \\'],
  ])("%s is no record: its text comes as a string", (text, expected) => {
    const value = JSON.parse(lineOf(text, both));
    expect(value).toMatchObject({ type: "malformed_other", event: expected });
    const line = parseLeef(value.message);
    expect(line.eventId).toBe("malformed_other");
    expect(line.attributes.get("raw")).toBe(expected.replaceAll("^", " ").replaceAll("|", "/"));
  });

  it.each([
    '{"a":-0.5e+10,"b":0,"c":1E5,"d":true,"e":false,"f":null,"g":""}',
    '{"a":{"b":[[],{},[{"c":"\\"}]"}]]}}',
    '{"\\u0061\\"":"\\\\"}',
    "{}",
    `{"a":${"[".repeat(64)}${"]".repeat(64)}}`,
  ])("%s is a record", (text) => {
    expect(JSON.parse(lineOf(text, json)).event).toEqual(JSON.parse(text));
  });

  it("holds a key=value line as a string", () => {
    const text = 'datetime=2026-01-01T00:00:00+0000|Subject=\\a "b"\t\u0001\\|Act=Acc|Dir=Inbound';
    const value = JSON.parse(lineOf(text, both));
    expect(value).toMatchObject({ event: text, type: "receipt", source: "siem" });
    expect(parseLeef(value.message).attributes.get("subject")).toBe('a "b"');
  });

  it.each(["^", "tab"] as const)("json+leef holds the same line as leef, %s mode", (delimiter) => {
    const record = {
      type: "receipt",
      subject: 'a "quoted" \\ back\\\\slash "',
      timestamp: 1767225600000,
    };
    const value = JSON.parse(lineOf(record, { ...both, delimiter }));
    expect(value.message).toBe(lineOf(record, { delimiter }));
  });
});

describe("an envelope of ours", () => {
  const kv = "datetime=2026-01-01T00:00:00+0000|Subject=\\a=b|c\\|Act=Rej|Dir=Inbound";
  const records = `{"type":"receipt","subject":"ü\\u005e","timestamp":1767225600000}\n${kv}\nno record "at all"\n{"type":"new"}\n`;
  const enveloped = linesOf(records, { ...json, account: "globex é", api: "1.0" }, "siem");

  it("is encoded from its event, with its account, API and eventUid", () => {
    const expected = linesOf(records, { account: "globex é", api: "1.0" }, "siem");
    const lines = linesOf(`${enveloped.join("\n")}\n`, { account: "other", api: "2.0" });
    expect(lines).toEqual(expected);
  });

  it("gives the same envelope again", () => {
    expect(linesOf(`${enveloped.join("\n")}\n`, { ...json, account: "other" })).toEqual(enveloped);
  });

  it("keeps an eventUid that is not the record's own", () => {
    const foreign = (enveloped[0] as string).replace(
      /"eventUid":"\w+"/,
      `"eventUid":"${"0123456789abcdef".repeat(2)}"`,
    );
    expect(parseLeef(lineOf(foreign)).attributes.get("eventUid")).toBe(
      "0123456789abcdef".repeat(2),
    );
  });

  it("is recognized with its members in another order", () => {
    for (const line of enveloped) {
      const members = Object.entries(JSON.parse(line)).reverse();
      const turned = JSON.stringify(Object.fromEntries(members));
      expect(lineOf(turned)).toBe(lineOf(line));
    }
  });

  it("needs a whole eventUid, and only counts where the family is not told", () => {
    const broken = (enveloped[0] as string).replace(/"eventUid":"\w/, '"eventUid":"G');
    expect(parseLeef(lineOf(broken)).attributes.get("eventUid")).not.toMatch(/^g/i);
    expect(parseLeef(lineOf(broken)).attributes.get("accountName")).toBe("acme");
    expect(parseLeef(lineOf(enveloped[0] as string, {}, "audit")).eventId).toBe("audit_other");
  });

  it("names the host of the header where none is set", () => {
    const host = (account: string, settings = {}) =>
      parseLeef(
        lineOf(enveloped[0]!.replace("globex é", account), {
          hostname: "",
          account: "",
          ...settings,
        }),
      ).hostname;
    expect(host("globex")).toBe("mimecast-globex");
    expect(host("a b/é")).toBe("mimecast-a-b--");
    expect(host("")).toBe("mimecast");
    expect(host("globex", { hostname: "fixed" })).toBe("fixed");
  });

  it("with an account that can be none is taken without it", () => {
    const huge = (enveloped[0] as string).replace("globex é", "\\u0001".repeat(40_000));
    const value = JSON.parse(lineOf(huge, json));
    expect(value.account).toBe("acme");
  });

  it("that holds no record counts as malformed", () => {
    const { records: count, malformed } = encodeWith(engineWith(), "auto", [
      `${enveloped.join("\n")}\n`,
    ]);
    expect([count, malformed]).toEqual([4, 1]);
  });
});
