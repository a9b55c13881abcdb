import { type Cell, printable, type Tone, table, toned, wrapped } from "../../text/table.ts";
import { type CheckResult, OUTCOMES, type Outcome } from "./result.ts";

const TONES: Readonly<Record<Outcome, Tone>> = {
  fail: "bad",
  warn: "warn",
  note: "bold",
  skipped: "dim",
  ok: "good",
};

/** A table for each scope, then what is to be done, then a line that counts. */
export function checkText(
  results: readonly CheckResult[],
  color: boolean,
  columns: number | null = null,
): string {
  const scopes = [...new Set(results.map(({ scope }) => scope))];
  const tables = scopes.map((scope) => {
    const own = results.filter((result) => result.scope === scope);
    return `${toned(scope, "bold", color)}\n${rows(own, color, columns)}`;
  });
  const remedies = results.flatMap(({ scope, check, outcome, remedy }) => {
    if (remedy === null) return [];
    const about = printable(`${scope}, ${check}`);
    const [first = "", ...below] = wrapped(`${about}: ${printable(remedy)}`, inner(inner(columns)));
    const head = first.startsWith(about)
      ? toned(about, TONES[outcome], color) + first.slice(about.length)
      : first;
    return [head, ...below.map((line) => `  ${line}`)].map((line) => `${line}\n`);
  });
  const todo =
    remedies.length === 0
      ? ""
      : `\n${toned("What to do", "bold", color)}\n${remedies.map((line) => `  ${line}`).join("")}`;
  return `${tables.join("\n")}${todo}\n${counts(results)}\n`;
}

function rows(results: readonly CheckResult[], color: boolean, columns: number | null): string {
  const cells = results.map(({ check, outcome, text }): Cell[] => {
    return [check, { text: outcome, tone: TONES[outcome] }, text];
  });
  // No head: the columns speak for themselves.
  const lines = table(cells, color, { columns: inner(columns), head: false }).split("\n");
  return lines.map((line) => (line === "" ? "" : `  ${line}\n`)).join("");
}

/** The width that the indentation of two leaves. */
function inner(columns: number | null): number | null {
  return columns === null ? null : columns - 2;
}

function counts(results: readonly CheckResult[]): string {
  return OUTCOMES.map((outcome) => {
    const count = results.filter((result) => result.outcome === outcome).length;
    return `${count} ${outcome}`;
  }).join(", ");
}
