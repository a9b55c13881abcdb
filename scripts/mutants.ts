import { availableParallelism } from "node:os";
import { Stryker } from "@stryker-mutator/core";
import { Command, Option } from "commander";
import { type Mutant, survivorsText, tallyOf, tallyRow } from "./mutants/tally.ts";

/**
 * Mutation testing, room by room: Stryker changes one expression of plugin/ROOM at a time and runs test/ROOM. A mutant that
 * no test notices is a line whose behavior no test holds. `npm run mutants -- state`
 */
const ROOMS = ["client", "decode", "sources", "state", "deliver", "collect"];
/** Texts of messages, and options that only name things: a test that holds them is a copy of the code. */
const LEFT_OUT = ["StringLiteral", "ObjectLiteral", "Regex"] as const;
/** Below this the command fails, percent. */
const WANTED = 90;

const program = new Command("mutants")
  .description(
    "Changes the code of a room one expression at a time, and tells which changes no test of it notices.",
  )
  .argument("[rooms...]", `rooms of plugin/, of ${ROOMS.join(", ")}`, ROOMS)
  .option("--files <glob>", "only these files of the room", "**/*.ts")
  .addOption(
    new Option("--jobs <n>", "vitest processes at a time")
      .argParser(Number)
      .default(availableParallelism()),
  )
  .parse();
const { files, jobs } = program.opts<{ files: string; jobs: number }>();
const unknown = program.args.filter((room) => !ROOMS.includes(room));
if (unknown.length > 0) program.error(`error: no such room: ${unknown.join(", ")}`);

const rows: string[] = [];
const survivors: string[] = [];
let isEnough = true;
for (const room of program.args.length > 0 ? program.args : ROOMS) {
  process.env.MUTANTS_ROOM = room;
  const mutants = (await new Stryker({
    mutate: [`plugin/${room}/${files}`],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "vitest.mutants.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: jobs,
    mutator: { excludedMutations: [...LEFT_OUT] },
    reporters: ["progress-append-only"],
    tempDirName: ".stryker",
    // TypeScript 7 has no compiler API, which these two steps use.
    tsconfigFile: "none",
    disableTypeChecks: false,
    timeoutMS: 20_000,
  }).runMutationTest()) as readonly Mutant[];
  const tally = tallyOf(mutants);
  rows.push(tallyRow(room, tally));
  survivors.push(survivorsText(mutants));
  isEnough &&= tally.score >= WANTED;
}
process.stdout.write(
  `\n| room | mutants | killed | survived | no test | score |\n| --- | ---: | ---: | ---: | ---: | ---: |\n${rows.join("")}\n${survivors.join("")}`,
);
process.exitCode = isEnough ? 0 : 1;
