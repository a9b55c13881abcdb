import { table } from "../../text/table.ts";
import type { ContentPlan, ExtensionRow } from "./content_plan.ts";
import type { ItemCount } from "./extension.ts";
import type { LogSourcePlan, LogSourceRow } from "./log_source_plan.ts";
import type { OpenedConsole } from "./world.ts";

interface Outcome extends Pick<OpenedConsole, "console" | "release"> {
  /** Of a dry run: would be. */
  readonly changed: boolean;
  readonly dryRun: boolean;
}

/** What `qradar install` came to. */
export interface Installed extends Outcome {
  readonly content: ContentPlan;
  readonly plans: readonly LogSourcePlan[];
  readonly deployed: boolean;
  /** What the console said that installing changes; null: it was not asked. */
  readonly preview: readonly ItemCount[] | null;
  /** What this way can't bring, in words. */
  readonly notBrought: readonly string[];
}

/** What `qradar uninstall` came to. */
export interface Uninstalled extends Outcome {
  readonly removed: readonly LogSourceRow[];
  readonly contents: readonly ExtensionRow[];
  readonly items: readonly ItemCount[];
  /** True where the console has kept the log source type. */
  readonly left: boolean;
}

/** For people, or one JSON object. */
export function installedText(result: Installed, json: boolean): string {
  const { content, plans, deployed, preview, notBrought } = result;
  if (json) {
    return line({
      ...outcomeValue(result),
      content: { version: content.version, was: content.was, action: content.action, preview },
      log_sources: plans.map(({ name, identifier, action, changes }) => ({
        name,
        identifier,
        action,
        fields: action === "correct" ? Object.keys(changes) : [],
      })),
      deployed,
      not_brought: notBrought,
    });
  }
  const was = content.was === null ? "" : `, ${content.was} is there`;
  const rows = [
    [`content ${content.version}`, `${content.action}${content.action === "unchanged" ? "" : was}`],
    ...itemRows(preview ?? []),
    ...plans.map(({ name, identifier, action, changes }) => [
      `log source "${name}" (${identifier})`,
      action === "correct" ? `correct: ${Object.keys(changes).join(", ")}` : action,
    ]),
    ...(result.dryRun ? [] : [["deployment", deployed ? "done" : "not needed"]]),
    ...notBrought.map((each) => ["not brought", each]),
  ];
  return people(result, rows);
}

/** For people, or one JSON object. */
export function uninstalledText(result: Uninstalled, json: boolean): string {
  const { removed, contents, items, left } = result;
  if (json) {
    return line({
      ...outcomeValue(result),
      removed_log_sources: removed.map(({ name }) => name),
      removed_contents: contents.map(({ version }) => version),
      items,
      type_left: left,
    });
  }
  const rows = [
    ...removed.map(({ name }) => [`log source "${name}"`, "remove"]),
    ...contents.map(({ version }) => [`content ${version}`, "remove"]),
    ...itemRows(items),
    ...(left
      ? [["log source type", "the console has kept it: Admin > DSM Editor removes it"]]
      : []),
  ];
  return people(result, rows);
}

function itemRows(items: readonly ItemCount[]): string[][] {
  return items.map(({ kind, action, count }) => [`  ${kind}`, `${count} ${action}`]);
}

function outcomeValue({ changed, dryRun, release, console }: Outcome) {
  return { changed, dry_run: dryRun, console: { release, api: console.version } };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function people({ changed, dryRun, release, console }: Outcome, rows: string[][]): string {
  const end = dryRun
    ? `nothing was changed${changed ? ": run it without --dry-run to do this" : ", and nothing has to be"}`
    : changed
      ? "changed"
      : "unchanged";
  const head = `QRadar ${release}, API ${console.version}`;
  return `${table([[head, ""]], false, { head: false })}${table(rows, false, { head: false })}${end}\n`;
}
