// The whole program, from HTTP on loopback to LEEF on a pipe, beside `gzip -dc` of the same files to the same pipe.
// node scripts/bench_poll.ts [records] [rounds] [records per file]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { benchRecords } from "./bench_records.ts";
import { startBenchServer } from "./bench_server.ts";

const [records = 300_000, rounds = 5, perFile = 5_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "bench-poll-"));
const files = Array.from({ length: Math.ceil(records / perFile) }, (_, index) =>
  gzipSync(benchRecords(Math.min(perFile, records - index * perFile))),
);
const whole = join(folder, "records.gz");
writeFileSync(whole, Buffer.concat(files));
const server = await startBenchServer(files);
const floors: number[] = [];
const ours: number[] = [];
const peaks: number[] = [];
for (let round = 0; round < rounds; round++) {
  floors.push(await seconds(`gzip -dc ${whole}`));
  const state = join(folder, `state-${round}`);
  const config = join(folder, `config-${round}.yaml`);
  const account = `{ name: bench, api: "2.0", base_url: "${server.url}", client_id: a, client_secret: b, sources: [siem] }`;
  writeFileSync(config, `state_dir: ${state}\naccounts: [${account}]\nlog: { level: warn }\n`, {
    mode: 0o600,
  });
  const peak = join(folder, `peak-${round}`);
  const program = `"${process.execPath}" ${resolve("dist/mimecast-input.cjs")} poll --once -c ${config}`;
  ours.push(await seconds(`/usr/bin/env time -f %M -o ${peak} ${program}`));
  peaks.push(Number(readFileSync(peak, "utf8").trim().split("\n").at(-1)) / 1024);
}
server.close();
rmSync(folder, { recursive: true });
const [floor, our] = [median(floors), median(ours)];
process.stdout.write(
  `${records} records in ${files.length} files: gzip -dc ${floor.toFixed(2)} s, poll --once ${our.toFixed(2)} s, ratio ${(our / floor).toFixed(2)}, peak RSS ${median(peaks).toFixed(0)} MB\n`,
);

async function seconds(command: string): Promise<number> {
  const start = process.hrtime.bigint();
  const child = spawn("sh", ["-c", `${command} | cat > /dev/null`], { stdio: "inherit" });
  const code = await new Promise((done) => child.on("exit", done));
  if (code !== 0) throw new Error(`Cannot measure "${command}": exit code ${code}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
