import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * `npm run bench:start`: what a start costs, in milliseconds of CPU (user and system): of Node alone, and of `--version` and of a minute without events for the bundled program, another build of it beside it
 * (`--beside`), and the single executable of this platform in dist/release (made by `npm run package`).
 */

const { runs: RUNS, beside } = scriptCommand("bench:start", "What a start costs.")
  .option("--runs <n>", "runs of each; the median counts", wholeNumber(1), 20)
  .option("--beside <file>", "another mimecast-input.cjs, measured in turn with this one")
  .parse()
  .opts<{ runs: number; beside?: string }>();
const RELEASE = "dist/release";
const ENDING = `${process.platform}-${process.arch}`;

const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
const server = new Worker(
  `import("${new URL("./bench_server.ts", import.meta.url)}").then(async ({ startBenchServer }) => {
    const { parentPort } = require("node:worker_threads");
    parentPort.postMessage((await startBenchServer([])).url);
  });`,
  { eval: true },
);
const url = await new Promise<string>((done) => server.once("message", done));
try {
  const executable = (existsSync(RELEASE) ? readdirSync(RELEASE) : []).find((name) =>
    name.endsWith(ENDING),
  );
  const programs = new Map<string, readonly string[]>([
    ["this build", [process.execPath, "dist/mimecast-input.cjs"]],
  ]);
  if (beside !== undefined) programs.set("the other build", [process.execPath, resolve(beside)]);
  if (executable !== undefined) programs.set("executable", [join(RELEASE, executable)]);
  const commands = new Map<string, () => readonly string[]>([
    ["Node alone", () => [process.execPath, "-e", "0"]],
  ]);
  for (const [name, program] of programs) {
    commands.set(`${name}: --version`, () => [...program, "--version"]);
    const config = configFor(name);
    commands.set(`${name}: poll --once, nothing is due`, () => poll(program, config));
    let round = 0;
    commands.set(`${name}: poll --once, nothing is new`, () =>
      poll(program, configFor(`${name}-${round++}`)),
    );
  }
  const costs = new Map([...commands.keys()].map((name) => [name, [] as number[]]));
  // The first run of each warms caches, and takes what is due.
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, command] of commands) {
      const cost = costOf(command());
      if (run > 0) costs.get(name)?.push(cost);
    }
  }
  process.stdout.write("| what | CPU ms | least |\n| --- | ---: | ---: |\n");
  for (const [name, times] of costs) {
    const sorted = times.sort((a, b) => a - b);
    process.stdout.write(`| ${name} | ${sorted[Math.floor(sorted.length / 2)]} | ${sorted[0]} |\n`);
  }
} finally {
  await server.terminate();
  rmSync(folder, { recursive: true });
}

function poll(program: readonly string[], config: string): readonly string[] {
  return [...program, "poll", "--once", "-c", config];
}

function configFor(name: string): string {
  const path = join(folder, `${name.replaceAll(" ", "_")}.yaml`);
  const account = `{ name: bench, api: "2.0", base_url: "${url}", client_id: a, client_secret: b, sources: [siem] }`;
  const text = `state_dir: ${path}.state\naccounts: [${account}]\nhandover: drained\nlog: { level: error }\n`;
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The kernel tells the shell what its only child has used. */
function costOf(command: readonly string[]): number {
  // The children's times are the second line; a pipe is read by cat, as by a shipper.
  const script = '{ "$@"; echo $? > "$STATUS"; times >&3; } | cat > /dev/null';
  const env = { PATH: process.env.PATH, STATUS: join(folder, "status") };
  const stdio = ["ignore", "pipe", "inherit", "pipe"] as const;
  const told = spawnSync("bash", ["-c", script, "bash", ...command], { env, stdio: [...stdio] });
  const [, children = ""] = String(told.output[3]).split("\n");
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  const ms = parts.reduce((sum, [, m, s]) => sum + Number(m) * 60_000 + Number(s) * 1_000, 0);
  return Math.round(ms);
}
