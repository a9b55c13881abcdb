import { overdueAfterMs } from "../../collect/schedule.ts";
import type { AccountConfig } from "../../config/config.ts";
import type { Checkpoint } from "../../state/checkpoint.ts";
import type { LastReconciled } from "../../state/reconciled.ts";
import { isoSecond } from "../../text/iso_time.ts";
import {
  CONDITIONS,
  type Condition,
  type Feed,
  type FeedStatus,
  feedStatus,
} from "./feed_status.ts";

/**
 * How collection is doing, read from the checkpoints alone. Pure: the same values serve the table, `--json`, the
 * metrics file and the support bundle. Keys are those of the JSON output; times are ISO 8601 in UTC.
 */

/** One account. */
export interface AccountStatus {
  readonly account: string;
  readonly api: "1.0" | "2.0";
  readonly enabled: boolean;
  readonly condition: Condition;
  /** True while a process holds the account's lock; in a fleet, while a worker has the account. */
  readonly running: boolean;
  /** The worker that has the account; null: none, or no fleet. */
  readonly worker: string | null;
  /** By how much this host's clock is ahead of Mimecast's (negative: behind), where it is wrong; else null. */
  readonly clock_ahead_seconds: number | null;
  /** Why the newest configuration can't be taken, so that the one before is in use; null where it is in use. */
  readonly config_problem: string | null;
  /** The last run that is not yet confirmed; null where everything is. */
  readonly unconfirmed_run: {
    readonly started: string;
    readonly end: string;
    readonly shipper: string;
    readonly streams: number;
  } | null;
  /** The last reconciliation by schedule; null where there was none. */
  readonly reconciled: {
    readonly at: string;
    readonly verdict: LastReconciled["verdict"];
    readonly records: number;
    readonly missing: number;
    readonly healed: number;
    readonly complete_up_to: string | null;
    readonly message: string;
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

/** Who collects an account: whether a process of this host does, or the worker of the fleet; null: no live one. */
export type Collector = boolean | { readonly worker: string | null };

function collectorOf(collector: Collector): Pick<AccountStatus, "running" | "worker"> {
  if (typeof collector === "boolean") return { running: collector, worker: null };
  return { running: collector.worker !== null, worker: collector.worker };
}

/** The status of an account whose checkpoint was read. */
export function accountStatus(
  account: AccountConfig,
  feeds: readonly Feed[],
  checkpoint: Checkpoint,
  nowMs: number,
  collector: Collector,
  reconciled: LastReconciled | null = null,
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
      ...(checkpoint.configProblem === undefined ? [] : (["config"] as const)),
      ...(typeof collector === "object" && collector.worker === null ? (["unowned"] as const) : []),
    ]),
    ...collectorOf(collector),
    clock_ahead_seconds:
      checkpoint.clockAheadMs === undefined ? null : Math.round(checkpoint.clockAheadMs / 1000),
    config_problem: checkpoint.configProblem ?? null,
    unconfirmed_run:
      run === undefined || staged === 0
        ? null
        : {
            started: isoSecond(run.startedMs),
            end: run.end,
            shipper: `${run.shipper.name || "unknown"} (pid ${run.shipper.pid})`,
            streams: staged,
          },
    reconciled: reconciled === null ? null : reconciledStatus(reconciled),
    error: null,
    hint: null,
    feeds: shown,
    gaps: checkpoint.gaps.slice(-SHOWN_GAPS).map(({ atMs, stream, item, reason, file }) => {
      return { at: isoSecond(atMs), stream, item, reason, file };
    }),
  };
}

function reconciledStatus(last: LastReconciled): AccountStatus["reconciled"] {
  const { verdict, records, missing, healed, message, completeUntilMs } = last;
  const complete_up_to = completeUntilMs === null ? null : isoSecond(completeUntilMs);
  const at = isoSecond(last.atMs);
  return { at, verdict, records, missing, healed, complete_up_to, message };
}

/** The status of an account whose checkpoint can't be read. */
export function brokenStatus(
  account: AccountConfig,
  problem: { readonly message: string; readonly hint?: string | undefined },
  collector: Collector,
): AccountStatus {
  return {
    account: account.name,
    api: account.api,
    enabled: account.enabled,
    condition: "broken",
    ...collectorOf(collector),
    clock_ahead_seconds: null,
    config_problem: null,
    unconfirmed_run: null,
    reconciled: null,
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
