import { open } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Screen } from "./host.ts";
import type { SealInputs } from "./seal_inputs.ts";

/** `SealInputs` on Node. */
export function nodeSealInputs(screen: Screen): SealInputs {
  return {
    terminal: process.stdin.isTTY === true,
    readStdin: () => text(process.stdin),
    async promptHidden(question) {
      const { promptHidden } = await import("./hidden_prompt.ts");
      return promptHidden(question, process.stdin, (text) => process.stderr.write(text));
    },
    async createFile(path, text) {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(text);
      await file.close();
    },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    print: (line) => screen.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
  };
}
