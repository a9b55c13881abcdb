import { type CheckResult, OUTCOMES, type Outcome } from "../check/result.ts";
import { type Cell, type Tone, table, toned } from "./table.ts";

const TONES: Readonly<Record<Outcome, Tone>> = {
  fail: "bad",
  warn: "warn",
  note: "bold",
  skipped: "dim",
  ok: "good",
};

/** A table for each scope, then what is to be done, then a line that counts. */
export function checkText(results: readonly CheckResult[], colour: boolean): string {
  const scopes = [...new Set(results.map(({ scope }) => scope))];
  const tables = scopes.map((scope) => {
    const own = results.filter((result) => result.scope === scope);
    return `${toned(scope, "bold", colour)}\n${rows(own, colour)}`;
  });
  const remedies = results.flatMap(({ scope, check, outcome, remedy }) => {
    if (remedy === null) return [];
    return [
      `${toned(`${scope}, ${check}`, TONES[outcome], colour)}: ${toned(remedy, undefined, colour)}\n`,
    ];
  });
  const todo =
    remedies.length === 0
      ? ""
      : `\n${toned("What to do", "bold", colour)}\n${remedies.map((line) => `  ${line}`).join("")}`;
  return `${tables.join("\n")}${todo}\n${counts(results)}\n`;
}

function rows(results: readonly CheckResult[], colour: boolean): string {
  const cells = results.map(({ check, outcome, text }): Cell[] => {
    return [check, { text: outcome, tone: TONES[outcome] }, text];
  });
  // The head is left out: the columns speak for themselves.
  const [, ...lines] = table([["", "", ""], ...cells], colour).split("\n");
  return lines.map((line) => (line === "" ? "" : `  ${line}\n`)).join("");
}

function counts(results: readonly CheckResult[]): string {
  return OUTCOMES.map((outcome) => {
    const count = results.filter((result) => result.outcome === outcome).length;
    return `${count} ${outcome}`;
  }).join(", ");
}
