import type { Log } from "../effects.ts";

/** One line at the bottom of a terminal, which the program rewrites. */
export interface StatusLine {
  /** Replaces the text; an empty text removes the line. */
  show(text: string): void;
  /** The same log, which removes the status text before each line and shows it again after it. */
  around(log: Log): Log;
}

/** CR and EL of ECMA-48: to the beginning of the line, and nothing on it. */
const CLEAR = "\r\u001b[2K";

/** A status line; `columns` is the terminal's width now, and a longer text is cut, since a broken line can't be cleared. */
export function createStatusLine(write: (text: string) => void, columns: () => number): StatusLine {
  let shown = "";
  const show = (text: string): void => {
    const cut = text.slice(0, Math.max(0, columns() - 1));
    if (shown !== "" || cut !== "") write(`${CLEAR}${cut}`);
    shown = cut;
  };
  return {
    show,
    around: (log) => (level, message, fields) => {
      const text = shown;
      show("");
      log(level, message, fields);
      show(text);
    },
  };
}
