import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { scriptCommand } from "./script_command.ts";
import { type ShownLine, terminalSvg } from "./terminal_svg.ts";

/** `npm run demo:svg`: runs the demo and writes what a terminal shows of it to docs/demo.svg. */

const COLUMNS = 118;
const FILE = fileURLToPath(new URL("../docs/demo.svg", import.meta.url));

async function main(): Promise<number> {
  const demo = fileURLToPath(new URL("demo.ts", import.meta.url));
  const child = spawn(process.execPath, [demo], {
    env: { ...process.env, COLUMNS: String(COLUMNS) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number>((done) => child.once("close", (code) => done(code ?? 1)));
  const startMs = performance.now();
  const lines: ShownLine[] = [{ text: "$ npm ci && npm run demo", atMs: 0 }];
  for await (const text of createInterface({ input: child.stdout })) {
    lines.push({ text, atMs: performance.now() - startMs });
  }
  const code = await ended;
  if (code === 0) await writeFile(FILE, terminalSvg(lines, { columns: COLUMNS, rows: 30 }));
  return code;
}

scriptCommand("demo:svg", "Writes docs/demo.svg from a run of the demo.").parse();
process.exit(await main());
