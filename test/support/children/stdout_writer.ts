import { writeSync } from "node:fs";
import { nodeStdout } from "../../../plugin/host/node_stdout.ts";

/**
 * Writes lines to stdout as the program does and tells on stderr, one JSON a line, what became of each write.
 * Arguments: number of writes, bytes of each. It ends by process.exit as soon as the last one was accepted.
 */
const [writes, size] = process.argv.slice(2).map(Number) as [number, number];
const out = nodeStdout();
const tell = (value: unknown) => writeSync(2, `${JSON.stringify(value)}\n`);

tell({ kind: out.kind });
let failed = 0;
for (let index = 0; index < writes; index++) {
  const line = `${String(index).padStart(size - 1, "0")}\n`;
  try {
    await out.write(Buffer.from(line));
    tell({ accepted: index });
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    tell({ refused: index, name, code, message });
    if (++failed === 2) break;
  }
}
await out.sync();
process.exit(0);
