import { EXIT } from "../errors.ts";
import type { Screen } from "../host.ts";
import type { Expected } from "../lint/expected.ts";
import type { Effect, Finding } from "../lint/finding.ts";
import { type LintResult, lintConfig } from "../lint/lint_config.ts";
import { type Tone, toned } from "./table.ts";

const TONES: Readonly<Record<Effect, Tone>> = {
  loses: "bad",
  damages: "bad",
  stalls: "bad",
  insecure: "warn",
  note: "dim",
};

/** Lints a shipper's file and prints what it found; returns the exit code: 1 where there is a finding. */
export async function lint(
  file: { readonly text: string; readonly name: string },
  expected: Expected,
  options: { readonly json: boolean },
  screen: Screen,
): Promise<number> {
  const result = lintConfig(file.text, file.name, expected);
  await screen.write(
    options.json
      ? `${JSON.stringify({ file: file.name, ...result })}\n`
      : lintText(file.name, result, screen.colour),
  );
  return lintCode(result.findings);
}

/** 1 where something costs data; a note alone does not count. */
export function lintCode(findings: readonly Finding[]): number {
  return findings.some(({ effect }) => effect !== "note") ? EXIT.partial : EXIT.ok;
}

/** `FILE:LINE: effect: reason`, and the remedy below: editors and terminals jump to the place. */
export function lintText(name: string, result: LintResult, colour: boolean): string {
  const { findings, shipper } = result;
  if (findings.length === 0) {
    return `${name}: ${toned("nothing found", "good", colour)} (${shipper})\n`;
  }
  return findings
    .map(({ line, effect, reason, remedy, rule }) => {
      const what = toned(effect, TONES[effect], colour);
      const why = toned(reason, undefined, colour);
      return `${name}:${line}: ${what}: ${why} [${rule}]\n    ${toned(remedy, undefined, colour)}\n`;
    })
    .join("");
}
