import { isoSecond } from "../../text/iso_time.ts";
import { type Cell, printable, table } from "../../text/table.ts";
import type { GapReport } from "./gap_report.ts";
import type { Replayed, Wanted } from "./replay_stream.ts";

/** What a dry run found out about one stream. */
export interface ReplayPlan {
  readonly stream: string;
  readonly endpoint: string;
  /** Calls that the dry run made; the real one makes them again and downloads the files. */
  readonly calls: number;
  readonly replayed: Replayed;
  readonly keptUntilMs: number | null;
  readonly wanted: Wanted;
}

/** `replay --list` for people. */
export function gapTable(
  gaps: readonly GapReport[],
  color: boolean,
  columns: number | null = null,
): string {
  if (gaps.length === 0) return "No gaps\n";
  const rows = gaps.map((gap): Cell[] => [
    gap.account,
    String(gap.gap),
    gap.stream,
    gap.at,
    state(gap),
    gap.item === "" ? gap.reason : `${gap.item}: ${gap.reason}`,
  ]);
  const files = gaps.flatMap((gap) =>
    gap.file === null ? [] : [`${gap.account} ${gap.gap}: ${printable(gap.file)}\n`],
  );
  const head = ["account", "gap", "stream", "recorded", "state", "what"];
  const kept = files.length === 0 ? "" : `\nKept in quarantine\n${files.join("")}`;
  return `${table([head, ...rows], color, { columns })}${kept}`;
}

function state({ redone, can_be_redone, kept_until }: GapReport): Cell {
  if (redone !== null) return { text: `re-done ${redone}`, tone: "good" };
  if (!can_be_redone) return { text: "lost", tone: "bad" };
  return { text: kept_until === null ? "open" : `open, until ${kept_until} at most`, tone: "warn" };
}

/** A plan for people. */
export function planText(plan: ReplayPlan): string {
  const { stream, endpoint, calls, replayed, wanted } = plan;
  const { items, records } = replayed;
  const known = records === null ? "unknown until they are downloaded" : String(records);
  const from = wanted.kind === "file" ? "a local file" : `${endpoint}, ${calls} calls for the list`;
  return `${stream}: ${from}; items ${items}, records ${known}; ${keptText(plan)}\n`;
}

function keptText({ keptUntilMs }: ReplayPlan): string {
  if (keptUntilMs === null) return "Mimecast does not say how long it keeps them";
  return `at Mimecast until ${isoSecond(keptUntilMs)} at most`;
}

/** A plan as JSON. */
export function planValue(plan: ReplayPlan): Readonly<Record<string, unknown>> {
  const { stream, endpoint, calls, replayed, keptUntilMs, wanted } = plan;
  const { items, records } = replayed;
  const kept_until = keptUntilMs === null ? null : isoSecond(keptUntilMs);
  return { stream, endpoint, from: wanted.kind, calls, items, records, kept_until };
}
