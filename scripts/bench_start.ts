import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * `npm run bench:start`: how long `--version` takes, process start to exit, for the bundled program on Node and
 * for the single executable of this platform in dist/release (made by `npm run package`). Milliseconds.
 */

const { runs: RUNS } = scriptCommand("bench:start", "How long --version takes, in milliseconds.")
  .option("--runs <n>", "runs of each program", wholeNumber(1), 20)
  .parse()
  .opts<{ runs: number }>();
const RELEASE = "dist/release";
const platform = `${process.platform}-${process.arch}`;

const executable = (existsSync(RELEASE) ? readdirSync(RELEASE) : []).find((name) =>
  name.endsWith(platform),
);
const programs: [string, string[]][] = [
  ["mimecast-input.cjs on node", [process.execPath, "dist/mimecast-input.cjs"]],
];
if (executable !== undefined) programs.push([executable, [join(RELEASE, executable)]]);

for (const [name, [command, ...args]] of programs) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const begin = performance.now();
    const { status } = spawnSync(command as string, [...args, "--version"], { env: {} });
    if (status !== 0) throw new Error(`${name} --version ended with ${status}`);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  const [min, median] = [times[0], times[Math.floor(RUNS / 2)]].map((ms) => ms?.toFixed(0));
  process.stdout.write(`${name}: min ${min} ms, median ${median} ms of ${RUNS} runs\n`);
}
