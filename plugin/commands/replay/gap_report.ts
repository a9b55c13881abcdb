import type { Source } from "../../sources/source.ts";
import type { Checkpoint, Gap } from "../../state/checkpoint.ts";
import { quarantineFolder } from "../../state/paths.ts";
import { isoSecond } from "../../text/iso_time.ts";

/** A gap as `replay --list` shows it; keys are those of its JSON output, times ISO 8601 in UTC. */
export interface GapReport {
  readonly account: string;
  /** What `--gap` takes: 1 is the oldest. */
  readonly gap: number;
  readonly stream: string;
  /** The file, zip entry or page; empty where the feed itself reported the hole. */
  readonly item: string;
  readonly at: string;
  readonly reason: string;
  /** Path of what was kept of it; null without. */
  readonly file: string | null;
  readonly redone: string | null;
  /** Mimecast has it until this moment at the latest; null where it does not say how long it keeps the data. */
  readonly kept_until: string | null;
  /** False where there is nothing to ask for again. */
  readonly can_be_redone: boolean;
}

/** The gaps of an account, the oldest first. */
export function gapReports(
  checkpoint: Pick<Checkpoint, "account" | "gaps">,
  folder: string,
  sources: readonly Source[],
): GapReport[] {
  return checkpoint.gaps.map((gap, index) => {
    const source = sourceOf(gap, sources);
    const keptMs = source?.retentionMs ?? null;
    return {
      account: checkpoint.account,
      gap: index + 1,
      stream: gap.stream,
      item: gap.item,
      at: isoSecond(gap.atMs),
      reason: gap.reason,
      file: gap.file === null ? null : quarantinePath(folder, gap.file),
      redone: gap.redoneMs === undefined ? null : isoSecond(gap.redoneMs),
      kept_until: keptMs === null ? null : isoSecond(gap.atMs + keptMs),
      can_be_redone: isRedoable(gap) && source?.replay !== undefined,
    };
  });
}

/** The feed that a gap belongs to; undefined where the API generation has it no more. */
export function sourceOf(gap: Pick<Gap, "stream">, sources: readonly Source[]): Source | undefined {
  return sources.find((source) => source.streams.includes(gap.stream));
}

/** A hole without an item was reported by the feed itself: the data was gone at Mimecast already. */
export function isRedoable(gap: Pick<Gap, "item">): boolean {
  return gap.item !== "";
}

function quarantinePath(folder: string, file: string): string {
  return `${quarantineFolder(folder)}/${file}`;
}
