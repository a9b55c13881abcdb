import type { Out } from "../effects.ts";
import { asciiText, showsUnicode } from "../text/terminal_text.ts";
import type { Screen } from "./host.ts";
import { nodeStdout } from "./node_stdout.ts";

/** Standard output as people and machines read the answer of a command. */
export function nodeScreen(): Screen {
  let stdout: Out | undefined;
  const terminal = process.stdout.isTTY === true;
  const isPlain = terminal && !showsUnicode(process.env);
  return {
    terminal,
    color: terminal && process.stdout.hasColors(),
    cursor: terminal && process.env.TERM !== "dumb",
    get rows() {
      return terminal ? process.stdout.rows || null : null;
    },
    get columns() {
      return terminal ? process.stdout.columns || null : null;
    },
    write(text) {
      stdout ??= nodeStdout();
      return stdout.write(Buffer.from(isPlain ? asciiText(text) : text));
    },
  };
}
