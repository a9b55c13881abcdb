import { describe, expect, it } from "vitest";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

function attributesOf(record: object | string) {
  return parseLeef(lineOf(record)).attributes;
}

describe("spamProcessingDetail", () => {
  const detail = {
    rbl: { allow: false, info: "" },
    spf: { info: "SOFTFAIL", allow: true },
    dkim: { allow: true, info: 'say "PASS" \\' },
    dmarc: { allow: true, info: null },
    permittedSender: { allow: true, info: "NONE" },
    verdict: { categories: [{ name: "spam", info: "no" }], decision: "spam", risk: "high" },
  };
  const text = JSON.stringify(detail);
  const expected = {
    rbl: "deny",
    spf: "SOFTFAIL",
    dkim: 'say "PASS" \\',
    dmarc: "allow",
    spamVerdict: "spam",
  };
  const read = (spamProcessingDetail: unknown) => {
    const attributes = attributesOf({ type: "receipt", spamProcessingDetail });
    return Object.fromEntries(
      Object.keys(expected).flatMap((key) =>
        attributes.has(key) ? [[key, attributes.get(key)]] : [],
      ),
    );
  };
  const python = `{'rbl': {'allow': False, 'info': ''}, 'spf': {'info': 'SOFTFAIL', 'allow': True}, 'dkim': {'allow': True, 'info': "it's"}, 'dmarc': {'allow': True, 'info': None}, 'verdict': {'categories': [{'name': 'spam'}], 'decision': 'spam'}}`;

  it("is read as an object, as JSON in a string, and encoded twice", () => {
    expect(read(detail)).toEqual(expected);
    expect(read(text)).toEqual(expected);
    expect(read(JSON.stringify(text))).toEqual(expected);
    expect(read(JSON.stringify(detail, null, 1).replaceAll("\n", ""))).toEqual(expected);
  });

  it("is read in Python's spelling", () => {
    expect(read(python)).toEqual({ ...expected, dkim: "it's" });
  });

  it("is read from a key=value line", () => {
    const line = `datetime=2026-01-01T00:00:00+0000|Act=Acc|SpamProcessingDetail=${text}|Dir=Inbound`;
    expect(attributesOf(line).get("spf")).toBe("SOFTFAIL");
    expect(attributesOf(line).get("dkim")).toBe('say "PASS" \\');
  });

  it("a value can't pass for a name", () => {
    for (const info of [
      'x","decision":"clean',
      '{"spf":{"info":"PASS"}}',
      '\\","info":"PASS',
      "',",
    ]) {
      const forged = { ...detail, rbl: { allow: true, info } };
      const twice = JSON.stringify(JSON.stringify(forged));
      for (const form of [forged, JSON.stringify(forged), twice]) {
        const { rbl, ...others } = read(form);
        const { rbl: _, ...honest } = expected;
        expect(others).toEqual(honest);
        expect(rbl).toBe(info);
      }
    }
  });

  it.each([
    "{",
    "null",
    "[]",
    "{}",
    '{"spf":',
    '{"spf":{"info":"x',
    "{'spf': {'info': 'x",
    '"',
    '"{',
    "{'",
    '{"spf":5,"verdict":[]}',
    "x".repeat(40_000),
  ])("%j tells nothing and breaks nothing", (broken) => expect(read(broken)).toEqual({}));

  it("a check may be a plain text", () => {
    expect(read({ spf: "PASS", verdict: "clean" })).toEqual({ spf: "PASS", spamVerdict: "clean" });
  });
});
