import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { httpBody } from "../../plugin/deliver/http_body.ts";

const body = (text: string, form: "lines" | "json") => {
  const { type, bytes } = httpBody(Buffer.from(text), form, 0);
  return { type, text: Buffer.from(bytes).toString("utf8") };
};

describe("httpBody()", () => {
  it("posts lines as they are, and says what they are", () => {
    const leef = "<13>1 LEEF:2.0|a\n<13>1 LEEF:2.0|b\n";
    expect(body(leef, "lines")).toEqual({ type: "text/plain; charset=utf-8", text: leef });
    const json = '{"a":1}\n{"b":2}\n';
    expect(body(json, "lines")).toEqual({ type: "application/x-ndjson", text: json });
  });

  it("posts JSON lines as an array of these very objects", () => {
    // The number would not survive being parsed.
    const json = '{"a":12345678901234567890}\n{"b":"x\\u0000"}\n';
    expect(body(json, "json")).toEqual({
      type: "application/json",
      text: '[{"a":12345678901234567890},{"b":"x\\u0000"}]',
    });
  });

  it("posts any LEEF lines as an array of messages that come out as they went in", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
        const lines = texts.map((text) => `<13>1 ${text.replaceAll("\n", " ")}`);
        const { text } = body(lines.map((line) => `${line}\n`).join(""), "json");
        expect(JSON.parse(text)).toEqual(lines.map((message) => ({ message })));
      }),
    );
  });
});
