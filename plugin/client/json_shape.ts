import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from "../text/char_code.ts";
/** Records are nested some ten levels deep. */
export const MAX_DEPTH = 100;
/**
 * Values of one answer, by its commas and opening brackets: a page has some ten thousand, a feed of a hundred
 * thousand indicators some million.
 */
export const MAX_VALUES = 3_000_000;

/**
 * Why a JSON text must not be parsed, or null if it may. A parsed value takes up to ninety times the memory of its text, and
 * a walk through it must not run out of stack. It leaves text that is no JSON to the parser.
 */
export function shapeProblem(text: string): string | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at + 1);
    else if (char === COMMA) values++;
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      values++;
      if (++depth > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`;
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--;
    if (values > MAX_VALUES) return `it has more than ${MAX_VALUES} values`;
  }
  return null;
}

/** Position of the closing quote; the text's length where there is none. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === BACKSLASH) at++;
    else if (char === QUOTE) return at;
  }
  return text.length;
}
