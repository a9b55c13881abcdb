import { printable } from "../../text/table.ts";
import type { CheckResult } from "../check/result.ts";
import type { SetupOutcome } from "./setup.ts";

/** One result while the check runs. */
export function checkLine({ check, outcome, text, remedy }: CheckResult): string {
  const line = `  ${outcome.padEnd(7)} ${check}: ${printable(text)}`;
  return remedy === null ? line : `${line}\n            ${printable(remedy)}`;
}

/** What was done, for people. */
export function reportLines(outcome: SetupOutcome): string[] {
  const { account, path, written, notes, changed, code } = outcome;
  if (!changed && code === 0)
    return [`Account "${account}" of ${path} is as wanted: nothing to do`];
  if (!changed) {
    return [
      `Nothing was written. Remove the cause, leave a feed out with --sources, or write it untried with --no-check`,
    ];
  }
  return [
    ...written.map((file) => `Wrote ${file}`),
    ...notes,
    `Check everything: mimecast-input check --config ${path}`,
  ];
}

/** What was done, as one line of JSON. */
export function setupJson(outcome: SetupOutcome): string {
  const { config: _, path, ...kept } = outcome;
  return `${JSON.stringify({ config: path, ...kept })}\n`;
}
