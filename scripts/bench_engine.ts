// Speed of the engine alone: records in memory to finished lines in memory, one thread, no output.
// node scripts/bench_engine.ts [records] [rounds]
import type { EngineSettings } from "../plugin/encode/engine.ts";
import { engineWith } from "../test/support/engine_lines.ts";
import { benchRecords } from "./bench_records.ts";

const [records = 300_000, rounds = 5] = process.argv.slice(2).map(Number);
const input = benchRecords(records);
const mebibytes = input.length / 2 ** 20;
process.stdout.write(
  `${records} records, ${mebibytes.toFixed(0)} MiB, ${(input.length / records).toFixed(0)} bytes each\n`,
);
for (const format of ["leef", "json", "json+leef"] as const) {
  const seconds = Array.from({ length: rounds }, () => run(format)).sort((a, b) => a - b);
  const best = seconds[0] as number;
  process.stdout.write(
    `${format.padEnd(10)} ${best.toFixed(3)} s, ${(records / best / 1000).toFixed(0)}k records/s, ${(mebibytes / best).toFixed(0)} MiB/s\n`,
  );
}

function run(format: EngineSettings["format"]): number {
  const engine = engineWith({ format });
  const start = process.hrtime.bigint();
  engine.begin("siem");
  let bytes = 0;
  const step = 1 << 20;
  for (let at = 0; at < input.length; ) {
    const end = at + step >= input.length ? input.length : input.lastIndexOf(10, at + step) + 1;
    for (const chunk of engine.encode(input.subarray(at, end))) bytes += chunk.bytes.length;
    at = end;
  }
  engine.end();
  if (bytes === 0) throw new Error("Cannot measure: no output");
  return Number(process.hrtime.bigint() - start) / 1e9;
}
