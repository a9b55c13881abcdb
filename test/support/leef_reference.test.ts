import { describe, expect, it } from "vitest";
import { LeefViolation, parseLeef } from "./leef_reference.ts";

const HEADER = "<134>1 2024-05-14T17:38:06.579Z mimecast ";
const LINE = `${HEADER}LEEF:2.0|Mimecast|Email Security|2.0|receipt_accepted|^|cat=receipt^devTime=1715708286579^sev=2^src=192.0.2.4^subject=a=b`;

describe("parseLeef()", () => {
  it("reads header and attributes, a pair split at its first =", () => {
    const line = parseLeef(LINE);
    expect(line).toMatchObject({ pri: 134, hostname: "mimecast", eventId: "receipt_accepted" });
    expect(line.timeMs).toBe(1715708286579);
    expect(Object.fromEntries(line.attributes)).toEqual({
      cat: "receipt",
      devTime: "1715708286579",
      sev: "2",
      src: "192.0.2.4",
      subject: "a=b",
    });
  });

  it("reads tab mode and LEEF 1.0", () => {
    expect(parseLeef(`${HEADER}LEEF:2.0|a|b|1.0|e|x09|cat=c\tk=v`).delimiter).toBe("\t");
    expect(parseLeef(`${HEADER}LEEF:1.0|a|b|1.0|e|cat=c\tk=v`).attributes.get("k")).toBe("v");
  });

  it.each([
    ["no header", LINE.slice(HEADER.length)],
    ["two spaces before LEEF:", LINE.replace(" LEEF:", "  LEEF:")],
    ["a pipe in a value", LINE.replace("a=b", "a|b")],
    ["a repeated key", `${LINE}^sev=3`],
    ["an empty value", `${LINE}^x=`],
    ["a key with a space", `${LINE}^a b=c`],
    ["cat not first", LINE.replace("cat=receipt^", "")],
    ["a ten-digit devTime", LINE.replace("1715708286579", "1715708286")],
    ["a header time other than devTime", LINE.replace("06.579Z", "06.580Z")],
    ["sev 0", LINE.replace("sev=2", "sev=0")],
    ["a host name in src", LINE.replace("192.0.2.4", "mail.example.com")],
    ["a line feed", `${LINE}\nx`],
    ["a tab in a value", `${LINE}\tx`],
    ["U+2028", `${LINE}\u2028x`],
    ["U+0085", `${LINE}\u0085x`],
    ["a byte order mark", `\ufeff${LINE}`],
    ["a lone surrogate", `${LINE}\ud800`],
    ["a space at the end", `${LINE} `],
    ["an upper-case EventID", LINE.replace("receipt_accepted", "Receipt")],
    ["PRI 192", LINE.replace("<134>", "<192>")],
    ["another delimiter", LINE.replace("|^|", "|#|")],
  ])("refuses %s", (_name, line) => {
    expect(() => parseLeef(line)).toThrow(LeefViolation);
  });

  it("refuses bytes that are not UTF-8, and a line over the limit", () => {
    expect(() => parseLeef(Buffer.from([...Buffer.from(LINE), 0xff]))).toThrow(LeefViolation);
    expect(() => parseLeef(LINE, { maxLineBytes: Buffer.byteLength(LINE) - 1 })).toThrow(/at most/);
    parseLeef(LINE, { maxLineBytes: Buffer.byteLength(LINE) });
  });
});
