// Speed of `encode`, the way a file goes: gzip -> gunzip -> engine -> a pipe, beside `gzip -dc` of the same file.
// node scripts/bench_encode.ts [records] [rounds]
import { spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "../plugin/commands/encode.ts";
import { loadEngine } from "../plugin/engine.ts";
import { nodeStdout } from "../plugin/node_stdout.ts";
import { benchRecords } from "./bench_records.ts";

if (process.argv[2] === "child") {
  const inputs = [createReadStream(process.argv[3] as string, { highWaterMark: 1 << 18 })];
  const out = nodeStdout();
  await encode(loadEngine(readFileSync("dist/mimecast.wasm")), {
    inputs,
    write: (bytes) => out.write(bytes),
  });
} else {
  const [records = 300_000, rounds = 5] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), "bench-encode-"));
  try {
    const file = join(folder, "records.ndjson.gz");
    writeFileSync(file, gzipSync(benchRecords(records)));
    const self = `"${process.execPath}" ${import.meta.filename} child ${file}`;
    const plain = best(`gzip -dc ${file}`, rounds);
    const ours = best(self, rounds);
    process.stdout.write(
      `${records} records: gzip -dc ${plain.toFixed(2)} s, encode ${ours.toFixed(2)} s, ratio ${(ours / plain).toFixed(2)}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seconds of the fastest run into a pipe that is read as fast as it goes. */
function best(command: string, rounds: number): number {
  const seconds = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint();
    const { status } = spawnSync("sh", ["-c", `${command} | cat > /dev/null`], {
      stdio: "inherit",
    });
    if (status !== 0) throw new Error(`Cannot measure: exit code ${status}`);
    return Number(process.hrtime.bigint() - start) / 1e9;
  });
  return Math.min(...seconds);
}
