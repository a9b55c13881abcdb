import { configFor } from "./fake_config.ts";
import { startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import { DEFAULT_SWITCHES } from "./fake_mimecast/switches.ts";
import type { FaultCase } from "./fault_cases.ts";
import { FAMILIES, type Family } from "./fault_families.ts";
import { createWorkspace, linesOf, runProgram } from "./program.ts";

/** A line of level warn or error, as the program printed it. */
export interface SaidLine {
  readonly level: "warn" | "error";
  readonly code: string;
  /** What went wrong: the message, or that of the attempt that is repeated. */
  readonly message: string;
  readonly hint: string | undefined;
}

/** What came of a case. */
export interface FaultResult {
  readonly exits: readonly (number | null)[];
  readonly said: readonly SaidLine[];
  readonly lost: readonly string[];
  readonly doubled: number;
  readonly violations: readonly unknown[];
}

/** Runs that a case gets to have everything delivered. */
const MOST_RUNS = 4;

/** Plays a case: the built program, `poll --once`, again and again until everything is there. */
export async function playFault(played: FaultCase): Promise<FaultResult> {
  const family: Family = FAMILIES[played.family];
  const { api, source, records, path } = family;
  const fake = await startFake({ api, seed: 3, records, switches: played.switches ?? {} });
  const workspace = createWorkspace();
  try {
    if (played.fault !== undefined) fake.faults.push({ delayMs: 5, ...played.fault, path });
    const overlap = played.overlapSecs === undefined ? "" : `, overlap_secs: ${played.overlapSecs}`;
    const more = `poll: { interval_secs: 1${overlap} }\nnetwork: { timeout_secs: ${played.timeoutSecs ?? 60} }\n`;
    const config = configFor(workspace.stateDir, { acme: { fake, api } }, more);
    workspace.config(config.replace("    base_url", `    sources: [${source}]\n    base_url`));
    const exits: (number | null)[] = [];
    const said: SaidLine[] = [];
    const count = new Map<string, number>();
    // Of equal records, all have the id of the first.
    const copies = played.switches?.equalRecords ?? 1;
    const lost = () =>
      [...fake.ids()].filter((id, at) => at % copies === 0 && (count.get(id) ?? 0) < copies);
    while (exits.length < MOST_RUNS) {
      // A feed is due again a second after it was asked.
      if (exits.length > 0) await new Promise((done) => setTimeout(done, 1_050));
      const run = await runProgram(["poll", "--once"], workspace.env);
      exits.push(run.code);
      said.push(...linesOf(run.stderr).flatMap(saidBy));
      for (const id of linesOf(run.stdout).flatMap((line) => idOf(line) ?? [])) {
        count.set(id, (count.get(id) ?? 0) + 1);
      }
      if (exits.length === 1) {
        if (played.isLasting) fake.set(DEFAULT_SWITCHES);
        if (played.fault?.times === 0) fake.faults.splice(0);
        if (played.lateMs !== undefined) {
          fake.add({ [source]: 10 }, Date.now() - played.lateMs);
        }
      }
      const isOver = run.code === 0 && lost().length === 0;
      if (isOver && exits.length >= played.exits.length) break;
    }
    const doubled = [...count.values()].reduce((sum, each) => sum + Math.max(0, each - copies), 0);
    return { exits, said, lost: lost(), doubled, violations: [...fake.violations] };
  } finally {
    await fake.close();
    workspace.remove();
  }
}

function saidBy(line: string): SaidLine[] {
  const { level, code, msg, error, hint } = JSON.parse(line);
  return level === "warn" || level === "error"
    ? [{ level, code, message: error ?? msg, hint }]
    : [];
}

/** "level code" of each line, each once. */
export function saidShort(said: readonly SaidLine[]): string[] {
  return [...new Set(said.map(({ level, code }) => `${level} ${code}`))];
}

/** The table: fault, family, runs, exit codes, what was said, records lost and doubled. */
export function faultTable(rows: readonly (readonly [FaultCase, FaultResult])[]): string {
  const cells = rows.map(([played, { exits, said, lost, doubled }]) => [
    played.name,
    played.family,
    String(exits.length),
    exits.join(" "),
    saidShort(said).join(", "),
    String(lost.length),
    String(doubled),
  ]);
  const head = ["fault", "family", "runs", "exit codes", "said", "lost", "doubled"];
  const widths = head.map((_name, at) =>
    Math.max(...[head, ...cells].map((row) => row[at]!.length)),
  );
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
