// Mutates known records and checks that the engine makes one valid line of each, in every format and as a filter.
// npm run fuzz -- --runs N --seed S
import { writeFileSync } from "node:fs";
import { FuzzFailure, fuzz } from "../test/support/fuzz.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

const values = scriptCommand("fuzz", "Mutated records through the engine: one valid line of each.")
  .option("--runs <n>", "how many", wholeNumber(1), 100_000)
  .option("--seed <n>", "seed of the mutations", wholeNumber(0), 1)
  .parse()
  .opts();
const started = process.hrtime.bigint();
try {
  const report = fuzz(values.runs, values.seed);
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
