import { EXIT } from "../../errors.ts";
import type { Screen } from "../../host/host.ts";
import { type Tone, toned } from "../../text/table.ts";
import type { ConfigText } from "./config_file.ts";
import type { Expected } from "./expected.ts";
import type { Effect, Finding } from "./finding.ts";
import { type IncludeReader, includedFiles } from "./included_files.ts";
import { type LintResult, lintConfig } from "./lint_config.ts";
import { type OurSettings, ourFindings } from "./our_settings.ts";
import { shipperOf } from "./recognize.ts";

const TONES: Readonly<Record<Effect, Tone>> = {
  loses: "bad",
  damages: "bad",
  stalls: "bad",
  insecure: "warn",
  note: "dim",
};

/** What a shipper's configuration is judged by. */
export interface LintBasis {
  readonly expected: Expected;
  /** Our configuration with its path; null where there is none. */
  readonly ours: { readonly settings: OurSettings; readonly path: string } | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Lints a shipper's files and prints what it found; returns the exit code: 1 where there is a finding. */
export async function lint(
  names: readonly string[],
  basis: LintBasis,
  options: { readonly json: boolean },
  world: { readonly screen: Screen; readonly reader: IncludeReader },
): Promise<number> {
  const { screen, reader } = world;
  const result = await lintFiles(names, basis, reader);
  const [name = ""] = names;
  await screen.write(
    options.json
      ? `${JSON.stringify({ file: name, ...result })}\n`
      : lintText(name, result, screen.color),
  );
  return lintCode(result.findings);
}

/** Lints files of one configuration with all that they include, and what our configuration says beside them. */
export async function lintFiles(
  names: readonly string[],
  { expected, ours, env }: LintBasis,
  reader: IncludeReader,
): Promise<LintResult> {
  const roots: ConfigText[] = [];
  for (const name of names) roots.push({ name, text: await reader.readText(name) });
  const [main = { name: "", text: "" }, ...named] = roots;
  const { files, unread } = await includedFiles(roots, reader);
  const facts = { env, others: [...named, ...files], unread };
  const result = lintConfig(main.text, main.name, expected, facts);
  const isThere = !result.findings.some(({ rule }) =>
    ["source", "input", "receiver"].includes(rule),
  );
  if (ours === null || !isThere) return result;
  const more = ourFindings(shipperOf(result.shipper), ours.settings, ours.path);
  return { ...result, findings: [...result.findings, ...more] };
}

/** 1 where something costs data; a note alone does not count. */
export function lintCode(findings: readonly Finding[]): number {
  return findings.some(({ effect }) => effect !== "note") ? EXIT.partial : EXIT.ok;
}

/** `FILE:LINE: effect: reason`, and the remedy below: editors and terminals jump to the position. */
export function lintText(name: string, result: LintResult, color: boolean): string {
  const { findings, shipper } = result;
  if (findings.length === 0) {
    return `${name}: ${toned("nothing found", "good", color)} (${shipper})\n`;
  }
  return findings
    .map(({ line, file = name, effect, reason, remedy, rule }) => {
      const what = toned(effect, TONES[effect], color);
      const why = toned(reason, undefined, color);
      return `${file}:${line}: ${what}: ${why} [${rule}]\n    ${toned(remedy, undefined, color)}\n`;
    })
    .join("");
}
