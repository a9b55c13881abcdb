import { describe, expect, it } from "vitest";
import { lineOf, linesOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

/** The subject that comes out for a subject that goes in. */
function subject(text: string, delimiter: "^" | "tab" = "^"): string | undefined {
  return parseLeef(lineOf({ type: "receipt", subject: text }, { delimiter })).attributes.get(
    "subject",
  );
}

function urlOf(url: string): string | undefined {
  return parseLeef(lineOf({ type: "url protect", url })).attributes.get("url");
}

describe("a value in LEEF", () => {
  it.each([
    ["a^b", "a b"],
    ["a^^b", "a b"],
    ["^a^", "a"],
    ["a|b", "a/b"],
    ["a\tb\nc\r\nd\0e", "a b c d e"],
    ["a \r\n b", "a  b"],
    ["a\u0085b\u009fc\u007fd", "a b c d"],
    ["a\u2028b\u2029c\ufeffd", "a b c d"],
    ["a=b=c", "a=b=c"],
    ["a\\b", "a\\b"],
    ["a\"b'<c>", "a\"b'<c>"],
    ["  a  b  ", "a  b"],
    ["Grüße 📎 漢字", "Grüße 📎 漢字"],
    ["x^sev=1^usrName=admin", "x sev=1 usrName=admin"],
    ["~tilde~", "~tilde~"],
  ])("%j becomes %j, in either mode", (text, expected) => {
    expect(subject(text)).toBe(expected);
    expect(subject(text, "tab")).toBe(expected);
  });

  it.each([
    ["invoice\u202efdp.exe", "invoice\\u202efdp.exe"],
    ["pass\u200bword\u00ad", "pass\\u200bword\\u00ad"],
    ["\u2066a\u2069\u061c", "\\u2066a\\u2069\\u061c"],
    ["a\u{e0041}\u{e007f}b", "a\\ue0041\\ue007fb"],
    ["\u2060", "\\u2060"],
    ["e\u0301 ❤\ufe0f नमस्ते", "e\u0301 ❤\ufe0f नमस्ते"],
  ])("what is not seen in %j is written out", (text, expected) => {
    expect(subject(text)).toBe(expected);
    expect(urlOf(`https://a/${text}b`)).toBe(`https://a/${expected}b`);
  });

  it("no character that is not seen comes through, but for what selects the form of the one before", () => {
    const hidden = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
      .filter((one) =>
        /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\ufff9-\ufffb]/u.test(one),
      );
    const records = hidden.map((one) => JSON.stringify({ type: "receipt", subject: `a${one}b` }));
    const raw = linesOf(`${records.join("\n")}\n`)
      .map((line, at) => (line.includes(hidden[at] as string) ? (hidden[at] as string) : ""))
      .join("");
    expect(hidden.length).toBeGreaterThan(4000);
    expect(raw).toMatch(/^[\ufe00-\ufe0f]*$/);
  });

  it.each(["", " ", "^", "\t\n", "\u2028", "null", "[]"])("%j is left out", (text) => {
    expect(subject(text)).toBeUndefined();
  });

  it.each([
    ["\\ud800x", "\ufffdx"],
    ["\\udc00\\ud800", "\ufffd\ufffd"],
    ["\\ud83d\\udcce", "📎"],
    ["\\ud83d\\u0041", "\ufffdA"],
    ["\\u005e\\u007c\\u000a\\u0085.", "/ ."],
    ['\\/\\b\\f\\"', '/ "'],
  ])("the JSON escapes %s read %j", (escapes, expected) => {
    const line = lineOf(`{"type":"receipt","subject":"${escapes}"}`);
    expect(parseLeef(line).attributes.get("subject")).toBe(expected);
  });

  it.each([
    [[0x61, 0xff, 0x62], "a\ufffdb"],
    [[0xc3], "\ufffd"],
    [[0xe2, 0x82, 0x78], "\ufffdx"],
    [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
    [[0xf0, 0x9f, 0x93, 0x8e], "📎"],
    [[0xf5, 0x80, 0xc0, 0xaf], "\ufffd\ufffd\ufffd\ufffd"],
    [[0xc2, 0x85, 0x78], "x"],
  ])("the bytes %j read %j, as a browser's decoder has it", (bytes, expected) => {
    const record = Buffer.concat([
      Buffer.from('{"type":"receipt","subject":"'),
      Buffer.from(bytes),
      Buffer.from('"}'),
    ]);
    expect(parseLeef(lineOf(record)).attributes.get("subject")).toBe(expected);
    const decoded = new TextDecoder().decode(Uint8Array.from(bytes));
    if (!decoded.includes("\u0085")) expect(decoded).toBe(expected);
  });

  it("a URL keeps its meaning: ^ and | as percent escapes", () => {
    expect(urlOf("http://example.com/a|b^c?d=e&f")).toBe("http://example.com/a%7Cb%5Ec?d=e&f");
    expect(urlOf("http://example.com/\n^sev=1")).toBe("http://example.com/ %5Esev=1");
  });

  it("angle brackets round the whole are taken off ids and addresses", () => {
    const values = (messageId: string, sender: string) => {
      const record = { type: "receipt", messageId, senderEnvelope: sender };
      const { attributes } = parseLeef(lineOf(record));
      return [attributes.get("messageId"), attributes.get("sender")];
    };
    expect(values("<a@example.com>", "<>")).toEqual(["a@example.com", undefined]);
    expect(values("< é@example.com >", "Jo <jo@example.com>")).toEqual([
      "é@example.com",
      "Jo <jo@example.com>",
    ]);
    expect(values("<a><b>", "<jo@example.com>")).toEqual(["<a><b>", "jo@example.com"]);
  });

  it("each key is used once, also where a record repeats a member", () => {
    const line = lineOf(
      '{"type":"receipt","subject":"first","Subject":"second","subject":"third"}',
    );
    expect(parseLeef(line).attributes.get("subject")).toBe("third");
  });

  it("a subject of key=value lines can't replace what stands before or behind it", () => {
    const forged = "\\x\\|Sender=evil@example.net|Dir=Outbound|IP=192.0.2.66|Act=Acc\\";
    const line = lineOf(
      `datetime=2026-01-01T00:00:00+0000|IP=192.0.2.1|Dir=Inbound|Subject=${forged}|Sender=honest@example.net|Rcpt=jo@example.com|Act=Rej`,
    );
    const { attributes, eventId } = parseLeef(line);
    expect(eventId).toBe("receipt_rejected");
    expect(attributes.get("src")).toBe("192.0.2.1");
    expect(attributes.get("direction")).toBe("inbound");
    expect(attributes.get("sender")).toBe("honest@example.net");
  });

  it("an account and a host from the settings can't break the line either", () => {
    const line = lineOf({ type: "receipt" }, { account: "a^b|c\nd", hostname: "host one\té^|" });
    const { hostname, attributes } = parseLeef(line);
    expect(hostname).toBe("host-one----");
    expect(attributes.get("accountName")).toBe("a b/c d");
  });

  it("10,000 characters are shortened to the attribute's bound", () => {
    const { attributes } = parseLeef(lineOf({ type: "receipt", subject: "é".repeat(10_000) }));
    expect(attributes.get("subject")).toBe("é".repeat(128));
    expect(attributes.get("truncated")).toBe("1");
  });

  it("blank lines and byte order marks are no records", () => {
    expect(linesOf('\n \t\r\n\ufeff{"type":"receipt"}\r\n\n\ufeff\n{"type":"av"}  ')).toHaveLength(
      2,
    );
  });
});
