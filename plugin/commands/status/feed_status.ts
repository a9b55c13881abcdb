import { WRONG_CLOCK_MS } from "../../collect/clock_watch.ts";
import { isNearDeadline } from "../../collect/health.ts";
import { answeredAt, dueAt, isOverdue } from "../../collect/schedule.ts";
import type { Source } from "../../sources/source.ts";
import type { Checkpoint, Gap, SourceState } from "../../state/checkpoint.ts";
import { isoSecond } from "../../text/iso_time.ts";

/** The worst first: what a feed, an account or everything is in. */
export const CONDITIONS = [
  "broken",
  "failing",
  "overdue",
  "deadline",
  "clock",
  "config",
  "unowned",
  "waiting",
  "gaps",
  "ok",
] as const;

/**
 * "broken": the checkpoint can't be read. "failing":
 * the last poll failed. "overdue": no answer for three intervals. "deadline": Mimecast will soon
 * delete what was not collected. "clock": this host's clock is wrong. "config": the newest configuration can't be
 * taken. "unowned": no worker of the fleet has the account. "waiting": never collected. "gaps": data was given
 * up.
 */
export type Condition = (typeof CONDITIONS)[number];

/** A name of Mimecast's that the mapping does not know. */
export interface UnknownStatus {
  readonly kind: string;
  readonly name: string;
  /** Records that had it. */
  readonly count: number;
  readonly since: string;
  readonly last: string;
}

/** One feed of an account. */
export interface FeedStatus {
  readonly feed: string;
  readonly condition: Condition;
  /** Everything up to here was collected; null where it is not known yet. */
  readonly collected_up_to: string | null;
  readonly lag_seconds: number | null;
  readonly last_run: string | null;
  /** When Mimecast gave the last answer that brought the feed on. */
  readonly last_success: string | null;
  /** True where that was too long ago. */
  readonly overdue: boolean;
  /** Asked again at this moment; null: as soon as the shipper starts a run. */
  readonly next_due: string | null;
  readonly records: number;
  /** Records that the filter left out; `records` does not count them. */
  readonly filtered: number;
  /** What the mapping does not know of the records, the most frequent first. */
  readonly unknown: readonly UnknownStatus[];
  readonly gaps: number;
  /** From here on Mimecast deletes what was not collected; null where it keeps data for an unknown time. */
  readonly deadline: string | null;
  readonly failures: number;
  readonly error: string | null;
  /** Why the last poll had no answer, with the remedy; null where it had one, failed, or was told to stop. */
  readonly unanswered: string | null;
}

/** What is asked of a source. */
export type Feed = Pick<Source, "name" | "retentionMs" | "streams">;

/** How one feed is doing. */
export function feedStatus(
  feed: Feed,
  intervalMs: number,
  checkpoint: Checkpoint,
  nowMs: number,
): FeedStatus {
  const state = checkpoint.sources[feed.name];
  const gaps = checkpoint.gaps.filter((gap) => isOf(gap, feed)).length;
  const covered = state?.coveredUntilMs ?? null;
  const deadlineMs =
    covered === null || feed.retentionMs === null ? null : covered + feed.retentionMs;
  const late =
    covered !== null &&
    feed.retentionMs !== null &&
    isNearDeadline(covered, feed.retentionMs, nowMs);
  const answeredMs = answeredAt(state);
  // A source that is sent again has its start set to 0 (account.ts), and so has one that `migrate` has moved.
  const ranMs = Math.max(state?.startedMs ?? 0, answeredMs ?? 0);
  const due = dueAt(state, intervalMs, nowMs);
  return {
    feed: feed.name,
    condition: conditionOf(state, { late, gaps, intervalMs, nowMs }),
    collected_up_to: covered === null ? null : isoSecond(covered),
    lag_seconds: covered === null ? null : Math.round(Math.max(0, nowMs - covered) / 1000),
    last_run: ranMs === 0 ? null : isoSecond(ranMs),
    last_success: answeredMs === null ? null : isoSecond(answeredMs),
    overdue: isOverdue(state, intervalMs, nowMs),
    next_due: due <= nowMs ? null : isoSecond(due),
    records: state?.records ?? 0,
    filtered: state?.filtered ?? 0,
    unknown: (state?.unknown ?? []).map(({ kind, name, count, sinceMs, lastMs }) => {
      return { kind, name, count, since: isoSecond(sinceMs), last: isoSecond(lastMs) };
    }),
    gaps,
    deadline: deadlineMs === null ? null : isoSecond(deadlineMs),
    failures: state?.failures ?? 0,
    error: state?.error ?? null,
    unanswered: state?.unanswered ?? null,
  };
}

function conditionOf(
  state: SourceState | undefined,
  at: {
    readonly late: boolean;
    readonly gaps: number;
    readonly intervalMs: number;
    readonly nowMs: number;
  },
): Condition {
  const answeredMs = answeredAt(state);
  if (state !== undefined && state.failures > 0) return "failing";
  if (isOverdue(state, at.intervalMs, at.nowMs)) return "overdue";
  if (at.late) return "deadline";
  if (answeredMs === null) return "waiting";
  if (answeredMs - at.nowMs > WRONG_CLOCK_MS) return "clock";
  return at.gaps > 0 ? "gaps" : "ok";
}

function isOf(gap: Gap, feed: Feed): boolean {
  return feed.streams.includes(gap.stream);
}
