/** A terminal that can switch its echo off: `process.stdin`. */
export interface HiddenInput {
  setRawMode(on: boolean): unknown;
  on(event: "data", listener: (piece: Uint8Array) => void): unknown;
  off(event: "data", listener: (piece: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The person pressed Ctrl-C or Ctrl-D. */
export class PromptAbortedError extends Error {}

/**
 * Asks for a line without showing it. In raw mode the terminal passes every key on: Enter ends the line,
 * Backspace takes a character back, Ctrl-U the whole line, Ctrl-C and Ctrl-D give up.
 */
export async function promptHidden(
  question: string,
  input: HiddenInput,
  show: (text: string) => void,
): Promise<string> {
  show(question);
  input.setRawMode(true);
  const decoder = new TextDecoder();
  let line = "";
  try {
    return await new Promise<string>((resolve, reject) => {
      const listener = (piece: Uint8Array) => {
        const read = readKeys(line, decoder.decode(piece, { stream: true }));
        line = read.line;
        if (read.end !== undefined) {
          input.off("data", listener);
          if (read.end === "enter") {
            resolve(line);
          } else {
            reject(new PromptAbortedError("Cannot read the secret: the prompt was left"));
          }
        }
      };
      input.on("data", listener);
      input.resume();
    });
  } finally {
    input.setRawMode(false);
    input.pause();
    show("\n");
  }
}

/** The line after these keys, and the key that ended it, if one did. */
export function readKeys(before: string, keys: string): { line: string; end?: "enter" | "abort" } {
  let line = before;
  for (const key of keys) {
    switch (key) {
      case "\r":
      case "\n":
        return { line, end: "enter" };
      case "\u0003":
      case "\u0004":
        return { line, end: "abort" };
      case "\u007f":
      case "\b":
        line = [...line].slice(0, -1).join("");
        break;
      case "\u0015":
        line = "";
        break;
      default:
        line += key >= " " ? key : "";
    }
  }
  return { line };
}
