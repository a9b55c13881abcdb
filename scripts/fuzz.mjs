// Mutates known records and checks that the engine makes one valid line of each, in every format and as a filter.
// node scripts/fuzz.mjs [--runs N] [--seed S]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FuzzFailure, fuzz } from "../test/support/fuzz.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const started = process.hrtime.bigint();
try {
  const report = fuzz(Number(values.runs), Number(values.seed));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(
    `${report.runs} runs of seed ${values.seed} in ${seconds.toFixed(0)} s: ${report.records} records, ${report.malformed} of them malformed, ${report.filtered} with a message from the filter; no failure\n`,
  );
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  writeFileSync("fuzz-failure.bin", error.input);
  process.stderr.write(`${error.message}\nThe input is in fuzz-failure.bin\n`);
  process.exitCode = 1;
}
