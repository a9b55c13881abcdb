import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";
import { Argument } from "commander";
import { pageWith } from "./mutants/report.ts";
import { type Mutant, survivorsText, tallyOf, tallyRow } from "./mutants/tally.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * Mutation testing, room by room: Stryker changes one expression of the room at a time and runs its tests. A mutant that
 * no test notices is a line whose behavior no test holds. `npm run mutants -- deliver`
 */
const ROOMS: Readonly<Record<string, { readonly code: string[]; readonly tests: string }>> = {
  client: { code: ["plugin/client/**/*.ts"], tests: "test/client/**/*.test.ts" },
  decode: { code: ["plugin/decode/**/*.ts"], tests: "test/decode/**/*.test.ts" },
  sources: { code: ["plugin/sources/**/*.ts"], tests: "test/sources/**/*.test.ts" },
  deliver: { code: ["plugin/deliver/**/*.ts"], tests: "test/deliver/**/*.test.ts" },
  collect: { code: ["plugin/collect/**/*.ts"], tests: "test/collect/**/*.test.ts" },
  state: { code: ["plugin/state/**/*.ts"], tests: "test/state/**/*.test.ts" },
};
const NAMES = Object.keys(ROOMS);
/** Texts of messages, and options that only name things: a test that holds them is a copy of the code. */
const LEFT_OUT = ["StringLiteral", "ObjectLiteral", "Regex"] as const;
const PAGE = fileURLToPath(new URL("../docs/contributors/mutants.md", import.meta.url));
/** Below this the command fails, percent. */
const WANTED = 90;

const program = scriptCommand(
  "mutants",
  "Changes the code of a room one expression at a time, and tells which changes no test of it notices.",
)
  .addArgument(new Argument("[rooms...]", "all of them by default").choices(NAMES))
  .option("--file <path>", "only this file, or these lines of it: plugin/deliver/http.ts:70-90")
  .option(
    "--report",
    "writes the rooms' rows and survivors into docs/contributors/mutants.md",
    false,
  )
  .option("--again", "tries those too that have not changed since the last run", false)
  .option("--jobs <n>", "vitest processes at a time", wholeNumber(1), availableParallelism())
  .parse();
const { file, jobs, report, again } = program.opts<{
  file?: string;
  jobs: number;
  report: boolean;
  again: boolean;
}>();

const rows: string[] = [];
const survivors: string[] = [];
let isEnough = true;
for (const [name, { code, tests }] of Object.entries(ROOMS)) {
  if (program.args.length > 0 && !program.args.includes(name)) continue;
  process.env.MUTANTS_TESTS = tests;
  const mutants = (await new Stryker({
    mutate: file === undefined ? code : [file],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "vitest.mutants.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: jobs,
    mutator: { excludedMutations: [...LEFT_OUT] },
    reporters: ["progress-append-only"],
    tempDirName: ".stryker/sandbox",
    incremental: true,
    incrementalFile: `.stryker/${name}.json`,
    force: again,
    // TypeScript 7 has no compiler API, which these two steps use.
    tsconfigFile: "none",
    disableTypeChecks: false,
    timeoutMS: 20_000,
  }).runMutationTest()) as readonly Mutant[];
  const tally = tallyOf(mutants);
  if (report) {
    const page = pageWith(readFileSync(PAGE, "utf8"), name, mutants, (path) =>
      readFileSync(path, "utf8"),
    );
    writeFileSync(PAGE, page);
  }
  rows.push(tallyRow(name, tally));
  survivors.push(survivorsText(mutants));
  isEnough &&= tally.score >= WANTED;
}
process.stdout.write(
  `\n| room | mutants | killed | survived | no test | score |\n| --- | ---: | ---: | ---: | ---: | ---: |\n${rows.join("")}\n${survivors.join("")}`,
);
process.exitCode = isEnough ? 0 : 1;
