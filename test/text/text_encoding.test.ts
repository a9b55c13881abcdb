import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOf } from "../../plugin/text/text_encoding.ts";

describe("textOf()", () => {
  const utf16 = (text: string, big: boolean, mark: boolean) => {
    const bytes = Buffer.from(`${mark ? "\ufeff" : ""}${text}`, "utf16le");
    return big ? bytes.swap16() : bytes;
  };

  it("knows UTF-16 of either order, with and without its mark", () => {
    const ascii = fc.string({ unit: "grapheme-ascii", minLength: 4 });
    fc.assert(
      fc.property(ascii, fc.boolean(), fc.boolean(), (text, big, mark) => {
        expect(() => textOf(utf16(text, big, mark))).toThrow(
          "its text is UTF-16, and must be UTF-8",
        );
      }),
    );
    expect(() => textOf(utf16("日本語", false, true))).toThrow("UTF-16");
  });

  it("gives any UTF-8 back, without its byte order mark", () => {
    const text = fc.string({ unit: "grapheme" }).filter((each) => !/[\0\ufeff]/.test(each));
    fc.assert(fc.property(text, (each) => textOf(Buffer.from(each)) === each));
    expect(textOf(Buffer.from("\ufeffa: 1"))).toBe("a: 1");
  });

  it("refuses what is no text", () => {
    expect(() => textOf(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 1, 2, 3]))).toThrow("NUL");
  });
});
