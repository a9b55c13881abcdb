// `npm run bench`: what a record costs, as ratios measured in one run, and memory. Prints the table of docs/contributors/performance.md.
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { runProgram } from "../test/support/program.ts";
import { filterSpeeds } from "./bench_filter.ts";
import { measure, medians, type Run } from "./bench_measure.ts";
import { benchRecords } from "./bench_records.ts";
import { startBenchServer } from "./bench_server.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

const { records, rounds, skipLarge } = scriptCommand(
  "bench",
  "What a record costs, in time and memory.",
)
  .option("--records <n>", "records of the data", wholeNumber(1), 300_000)
  .option("--rounds <n>", "runs of each; the median counts", wholeNumber(1), 5)
  .option("--skip-large", "without the file ten times as large", false)
  .parse()
  .opts<{ records: number; rounds: number; skipLarge: boolean }>();
const PROGRAM = resolve("dist/mimecast-input.cjs");
const PER_FILE = 5_000;

const folder = mkdtempSync(join(tmpdir(), "bench-"));
try {
  await bench();
} finally {
  rmSync(folder, { recursive: true });
}

async function bench(): Promise<void> {
  const plain = benchRecords(records);
  const file = join(folder, "records.ndjson.gz");
  const packed = gzipSync(plain, { level: 6 });
  writeFileSync(file, packed);
  say(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${records} records of ${(plain.length / records).toFixed(0)} bytes,`,
  );
  say(
    `${mb(plain.length)} MB of JSON, ${mb(packed.length)} MB of gzip; medians of ${rounds} runs in turn\n`,
  );

  const server = await startBenchServer(parts(records));
  let round = 0;
  const poll = () =>
    measure(process.execPath, [PROGRAM, "poll", "--once", "-c", configFor(server.url, round++)]);
  const measured = await inTurn({
    "gzip -dc": () => measure("gzip", ["-dc", file]),
    "mimecast-input encode FILE": () => measure(process.execPath, [PROGRAM, "encode", file]),
    "mimecast-input poll --once, over HTTP": poll,
    "straight JavaScript": () => measure(process.execPath, ["scripts/bench_plain_js.ts", file]),
  });
  server.close();
  const floor = measured["gzip -dc"] as Run;
  say("| what, from gzip to lines on a pipe | wall s | × gzip -dc | user CPU s | peak RSS MB |");
  say("| --- | ---: | ---: | ---: | ---: |");
  for (const [name, run] of Object.entries(measured)) {
    const ratio = (run.wallSecs / floor.wallSecs).toFixed(2);
    say(
      `| ${name} | ${run.wallSecs.toFixed(2)} | ${ratio} | ${run.userSecs.toFixed(2)} | ${run.peakMb.toFixed(0)} |`,
    );
  }
  if (!skipLarge) await large(measured);
  await filter(file);
  say(`\ndist/mimecast.wasm: ${(statSync("dist/mimecast.wasm").size / 1024).toFixed(1)} KiB`);
}

/** The same with a file ten times as large: memory must not grow with it. */
async function large(small: Readonly<Record<string, Run>>): Promise<void> {
  const file = join(folder, "large.ndjson.gz");
  writeFileSync(
    file,
    Buffer.concat(Array.from({ length: 10 }, () => gzipSync(benchRecords(records)))),
  );
  const name = "mimecast-input encode FILE";
  const run = await measure(process.execPath, [PROGRAM, "encode", file]);
  const before = small[name] as Run;
  say(
    `\nA file ten times as large: encode peaks at ${run.peakMb.toFixed(0)} MB (${before.peakMb.toFixed(0)} MB with the small one).`,
  );
}

async function filter(file: string): Promise<void> {
  const lines = await runProgram(
    ["encode", "--format", "json", "--account", "acme", file],
    process.env,
  );
  const json = join(folder, "records.json");
  writeFileSync(json, lines.stdout);
  const speeds = await filterSpeeds(join(folder, "filter"), json, records, Math.min(rounds, 3));
  if (speeds === null) {
    say("\nInside Fluent Bit: not measured, fluent-bit is not on PATH.");
    return;
  }
  say("\n| Fluent Bit, exec to null | user CPU s | records/s of the filter alone |");
  say("| --- | ---: | ---: |");
  for (const { name, userSecs, recordsPerSec } of speeds) {
    const rate = recordsPerSec === null ? "" : String(Math.round(recordsPerSec));
    say(`| filter: ${name} | ${userSecs.toFixed(2)} | ${rate} |`);
  }
}

/** One run of each after the other, and again: a machine that slows down slows all of them down. */
async function inTurn(
  commands: Readonly<Record<string, () => Promise<Run>>>,
): Promise<Record<string, Run>> {
  const runs = new Map(Object.keys(commands).map((name) => [name, [] as Run[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) runs.get(name)?.push(await command());
  }
  return Object.fromEntries([...runs].map(([name, list]) => [name, medians(list)]));
}

function parts(count: number): Buffer[] {
  return Array.from({ length: Math.ceil(count / PER_FILE) }, (_, index) =>
    gzipSync(benchRecords(Math.min(PER_FILE, count - index * PER_FILE)), { level: 6 }),
  );
}

function configFor(url: string, round: number): string {
  const path = join(folder, `config-${round}.yaml`);
  const account = `{ name: bench, api: "2.0", base_url: "${url}", client_id: a, client_secret: b, sources: [siem] }`;
  const text = `state_dir: ${join(folder, `state-${round}`)}\naccounts: [${account}]\nlog: { level: warn }\n`;
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
