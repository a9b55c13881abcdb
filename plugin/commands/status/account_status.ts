import { WRONG_CLOCK_MS } from "../../collect/clock_watch.ts";
import { isNearDeadline } from "../../collect/health.ts";
import { answeredAt, dueAt, isOverdue, overdueAfterMs } from "../../collect/schedule.ts";
import type { AccountConfig } from "../../config/config.ts";
import type { Source } from "../../sources/source.ts";
import type { Checkpoint, Gap, SourceState } from "../../state/checkpoint.ts";

/**
 * How collection is doing, read from the checkpoints alone. Pure: the same values serve the table, `--json`, the
 * metrics file and the support bundle. Keys are those of the JSON output; times are ISO 8601 in UTC.
 */

/** The worst first: what a feed, an account or everything is in. */
export const CONDITIONS = [
  "broken",
  "failing",
  "overdue",
  "deadline",
  "clock",
  "waiting",
  "gaps",
  "ok",
] as const;

/**
 * "broken": the checkpoint can't be read. "failing":
 * the last poll failed. "overdue": no answer for three intervals. "deadline": Mimecast will soon
 * delete what was not collected. "clock": this host's clock is wrong. "waiting": never collected. "gaps": data was given
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

/** One account. */
export interface AccountStatus {
  readonly account: string;
  readonly api: "1.0" | "2.0";
  readonly enabled: boolean;
  readonly condition: Condition;
  /** True while a process holds the account's lock. */
  readonly running: boolean;
  /** By how much this host's clock is ahead of Mimecast's (negative: behind), where it is wrong; else null. */
  readonly clock_ahead_seconds: number | null;
  /** The last run that is not yet confirmed; null where everything is. */
  readonly unconfirmed_run: {
    readonly started: string;
    readonly end: string;
    readonly shipper: string;
    readonly streams: number;
  } | null;
  /** Why the checkpoint can't be read, and what to do. */
  readonly error: string | null;
  readonly hint: string | null;
  readonly feeds: readonly FeedStatus[];
  /** The newest gaps, the newest last. */
  readonly gaps: readonly {
    readonly at: string;
    readonly stream: string;
    readonly item: string;
    readonly reason: string;
    readonly file: string | null;
  }[];
}

/** Gaps that a status lists; the checkpoint keeps more. */
const SHOWN_GAPS = 10;

/** What is asked of a source. */
type Feed = Pick<Source, "name" | "retentionMs" | "streams">;

/** The status of an account whose checkpoint was read. */
export function accountStatus(
  account: AccountConfig,
  feeds: readonly Feed[],
  checkpoint: Checkpoint,
  nowMs: number,
  running: boolean,
): AccountStatus {
  const shown = account.sources.flatMap(({ name, intervalMs }) => {
    const feed = feeds.find((each) => each.name === name);
    return feed === undefined ? [] : [feedStatus(feed, intervalMs, checkpoint, nowMs)];
  });
  const run = checkpoint.runs.at(-1);
  const staged = Object.keys(run?.staged ?? {}).length;
  return {
    account: account.name,
    api: account.api,
    enabled: account.enabled,
    condition: worst([
      ...shown.map(({ condition }) => condition),
      ...(checkpoint.clockAheadMs === undefined ? [] : (["clock"] as const)),
    ]),
    running,
    clock_ahead_seconds:
      checkpoint.clockAheadMs === undefined ? null : Math.round(checkpoint.clockAheadMs / 1000),
    unconfirmed_run:
      run === undefined || staged === 0
        ? null
        : {
            started: iso(run.startedMs),
            end: run.end,
            shipper: `${run.shipper.name || "unknown"} (pid ${run.shipper.pid})`,
            streams: staged,
          },
    error: null,
    hint: null,
    feeds: shown,
    gaps: checkpoint.gaps.slice(-SHOWN_GAPS).map(({ atMs, stream, item, reason, file }) => {
      return { at: iso(atMs), stream, item, reason, file };
    }),
  };
}

/** The status of an account whose checkpoint can't be read. */
export function brokenStatus(
  account: AccountConfig,
  problem: { readonly message: string; readonly hint?: string | undefined },
  running: boolean,
): AccountStatus {
  return {
    account: account.name,
    api: account.api,
    enabled: account.enabled,
    condition: "broken",
    running,
    clock_ahead_seconds: null,
    unconfirmed_run: null,
    error: problem.message,
    hint: problem.hint ?? null,
    feeds: [],
    gaps: [],
  };
}

/** The worst of several conditions; "ok" for none. */
export function worst(conditions: readonly Condition[]): Condition {
  return CONDITIONS.find((condition) => conditions.includes(condition)) ?? "ok";
}

function feedStatus(
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
    collected_up_to: covered === null ? null : iso(covered),
    lag_seconds: covered === null ? null : Math.round(Math.max(0, nowMs - covered) / 1000),
    last_run: ranMs === 0 ? null : iso(ranMs),
    last_success: answeredMs === null ? null : iso(answeredMs),
    overdue: isOverdue(state, intervalMs, nowMs),
    next_due: due <= nowMs ? null : iso(due),
    records: state?.records ?? 0,
    filtered: state?.filtered ?? 0,
    unknown: (state?.unknown ?? []).map(({ kind, name, count, sinceMs, lastMs }) => {
      return { kind, name, count, since: iso(sinceMs), last: iso(lastMs) };
    }),
    gaps,
    deadline: deadlineMs === null ? null : iso(deadlineMs),
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

/**
 * True where something works for the account: its feeds were tried lately, with or without success, or a process has just
 * begun. For a probe that restarts what hangs: Mimecast's outage is none.
 */
export function isLive(
  account: Pick<AccountConfig, "sources">,
  status: Pick<AccountStatus, "running" | "feeds">,
  nowMs: number,
): boolean {
  const tried = status.feeds.flatMap(({ last_run, last_success }) =>
    [last_run, last_success].flatMap((time) => (time === null ? [] : [Date.parse(time)])),
  );
  if (tried.length === 0) return status.running;
  const shortestMs = Math.min(...account.sources.map(({ intervalMs }) => intervalMs));
  return Math.abs(nowMs - Math.max(...tried)) <= overdueAfterMs(shortestMs);
}

function isOf(gap: Gap, feed: Feed): boolean {
  return feed.streams.includes(gap.stream);
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
