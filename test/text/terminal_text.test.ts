import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asciiText, showsUnicode } from "../../plugin/text/terminal_text.ts";

describe("showsUnicode()", () => {
  it.each([
    [{}, true],
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "de_DE.utf8", TERM: "xterm-256color" }, true],
    [{ LANG: "en_US.UTF-8", TERM: "dumb" }, false],
    [{ LANG: "C" }, false],
    [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_ALL: "", LC_CTYPE: "C.UTF-8" }, true],
    [{ LANG: "de_DE.ISO-8859-1" }, false],
  ])("%j: %s", (env, expected) => {
    expect(showsUnicode(env)).toBe(expected);
  });
});

describe("asciiText()", () => {
  it("keeps what can be read", () => {
    expect(asciiText("Müller … “a” → b │ 日本 é")).toBe('Muller ... "a" -> b | ?? e');
  });

  it("makes ASCII of anything, and changes no ASCII", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const plain = asciiText(text);
        expect(/^\p{ASCII}*$/u.test(plain)).toBe(true);
        expect(asciiText(plain)).toBe(plain);
      }),
    );
  });
});
