/** The environment's facts about the terminal. */
type Env = Readonly<Record<string, string | undefined>>;

/**
 * False if the terminal shows ASCII only: TERM is `dumb`, or the locale (LC_ALL, LC_CTYPE, LANG; POSIX §8.2) is not one of
 * UTF-8. True without any of these variables.
 */
export function showsUnicode({ TERM, LC_ALL, LC_CTYPE, LANG }: Env): boolean {
  if (TERM === "dumb") return false;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((each) => each !== undefined && each !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}

const ASCII: Readonly<Record<string, string>> = {
  "…": "...",
  "–": "-",
  "—": "-",
  "−": "-",
  "·": "*",
  "•": "*",
  "→": "->",
  "“": '"',
  "”": '"',
  "‘": "'",
  "’": "'",
  "│": "|",
  "─": "-",
  "└": "`",
  "├": "|",
  "┌": ",",
  // The signs of @clack/prompts.
  "◆": "*",
  "◇": "o",
  "■": "x",
  "▲": "x",
  "●": ">",
  "○": " ",
  "◻": "[ ]",
  "◼": "[x]",
  "▪": "*",
};

/** A text in ASCII: punctuation by its look, letters without their accents, everything else as `?`. */
export function asciiText(text: string): string {
  return text.replaceAll(/\P{ASCII}/gu, (sign) => {
    const known = ASCII[sign];
    if (known !== undefined) return known;
    const [base = ""] = sign.normalize("NFKD");
    return /^[ -~]$/.test(base) ? base : /\p{M}/u.test(sign) ? "" : "?";
  });
}

/** A stream that shows the same in ASCII: for a library that draws frames. */
export function asciiStream<T extends NodeJS.WriteStream>(stream: T): T {
  const write = (piece: string | Uint8Array, ...rest: never[]): boolean =>
    stream.write(typeof piece === "string" ? asciiText(piece) : piece, ...rest);
  return new Proxy(stream, {
    get(target, key) {
      if (key === "write") return write;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
