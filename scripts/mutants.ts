import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Argument } from "commander";
import type { Untried } from "./mutants/instrument.ts";
import { pageWith } from "./mutants/report.ts";
import { tryRoom } from "./mutants/room.ts";
import { survivorsText, tallyOf, tallyRow } from "./mutants/tally.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * Mutation testing, room by room: Stryker's instrumenter changes one expression of the room at a time, and the room's
 * tests run on it. A mutant that no test notices is a line whose behavior no test holds. `npm run mutants -- deliver`
 */
const NAMES = ["client", "decode", "sources", "deliver", "collect", "state"];
const PAGE = fileURLToPath(new URL("../docs/contributors/mutants.md", import.meta.url));
/** Below this the command fails, percent. */
const WANTED = 90;

const program = scriptCommand(
  "mutants",
  "Changes the code of a room one expression at a time, and tells which changes no test of it notices.",
)
  .addArgument(new Argument("[rooms...]", "all of them by default").choices(NAMES))
  .option("--file <path>", "only this file, or these lines of it: plugin/deliver/http.ts:70-90")
  .option("--report", "writes the rows and survivors into docs/contributors/mutants.md", false)
  .option("--jobs <n>", "processes at a time", wholeNumber(1), availableParallelism())
  .parse();
const { file, jobs, report } = program.opts<{ file?: string; jobs: number; report: boolean }>();
const say = (text: string) => void process.stderr.write(`${text}\n`);

const rows: string[] = [];
const survivors: string[] = [];
let isEnough = true;
for (const name of program.args.length > 0 ? program.args : NAMES) {
  say(name);
  const room = { code: `plugin/${name}/**/*.ts`, tests: `test/${name}/**/*.test.ts` };
  const mutants = await tryRoom(room, jobs, wantedBy(file), say);
  const tally = tallyOf(mutants);
  if (report) {
    const sourceOf = (path: string) => readFileSync(path, "utf8");
    writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), name, mutants, sourceOf));
  }
  rows.push(tallyRow(name, tally));
  survivors.push(survivorsText(mutants));
  isEnough &&= tally.score >= WANTED;
}
process.stdout.write(
  `\n| room | mutants | killed | survived | no test | score |\n| --- | ---: | ---: | ---: | ---: | ---: |\n${rows.join("")}\n${survivors.join("")}`,
);
process.exitCode = isEnough ? 0 : 1;

/** `PATH` or `PATH:FROM-TO`; every mutant without it. */
function wantedBy(part: string | undefined): (mutant: Untried) => boolean {
  const [, path = "", from = "1", to = "Infinity"] =
    /^(.*?)(?::(\d+)-(\d+))?$/.exec(part ?? "") ?? [];
  return ({ fileName, location: { start } }) =>
    fileName.endsWith(path) && start.line >= Number(from) && start.line <= Number(to);
}
