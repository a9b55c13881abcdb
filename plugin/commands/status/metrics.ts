import type { AccountStatus } from "./account_status.ts";
import type { FeedStatus } from "./feed_status.ts";

/**
 * The status as Prometheus metrics (text format 0.0.4). Pure. Names follow Prometheus' conventions: `_total` for what
 * only grows, `_seconds` for times, timestamps instead of ages wherever a scrape may be older than the value.
 */

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** Null: there is no such sample. */
  readonly of: (feed: FeedStatus) => number | null;
}

const FEED_METRICS: readonly Metric[] = [
  {
    name: "mimecast_input_records_total",
    type: "counter",
    help: "Records written for the shipper since the checkpoint was made.",
    of: (feed) => feed.records,
  },
  {
    name: "mimecast_input_filtered_records_total",
    type: "counter",
    help: "Records that the filter left out since the checkpoint was made.",
    of: (feed) => feed.filtered,
  },
  {
    name: "mimecast_input_collected_up_to_timestamp_seconds",
    type: "gauge",
    help: "Everything up to this moment was collected.",
    of: (feed) => seconds(feed.collected_up_to),
  },
  {
    name: "mimecast_input_lag_seconds",
    type: "gauge",
    help: "How far collection was behind when this file was written.",
    of: (feed) => feed.lag_seconds,
  },
  {
    name: "mimecast_input_last_run_timestamp_seconds",
    type: "gauge",
    help: "When Mimecast was asked last.",
    of: (feed) => seconds(feed.last_run),
  },
  {
    name: "mimecast_input_last_success_timestamp_seconds",
    type: "gauge",
    help: "When Mimecast gave the last answer that brought the feed on.",
    of: (feed) => seconds(feed.last_success),
  },
  {
    name: "mimecast_input_overdue",
    type: "gauge",
    help: "1 where the feed had no answer for three intervals when this file was written.",
    of: (feed) => (feed.overdue ? 1 : 0),
  },
  {
    name: "mimecast_input_deadline_timestamp_seconds",
    type: "gauge",
    help: "From here on Mimecast deletes what was not collected.",
    of: (feed) => seconds(feed.deadline),
  },
  {
    name: "mimecast_input_consecutive_failures",
    type: "gauge",
    help: "Polls that failed in a row; 0 after one that went well.",
    of: (feed) => feed.failures,
  },
  {
    name: "mimecast_input_gaps",
    type: "gauge",
    help: "Gaps in the checkpoint: data that was given up.",
    of: (feed) => feed.gaps,
  },
];

const RECONCILE_METRICS: readonly {
  readonly name: string;
  readonly help: string;
  /** Null: there is no such sample. */
  readonly of: (reconciled: NonNullable<AccountStatus["reconciled"]>) => number | null;
}[] = [
  {
    name: "mimecast_input_reconciled_timestamp_seconds",
    help: "When QRadar was last held against Mimecast by schedule.",
    of: ({ at }) => seconds(at),
  },
  {
    name: "mimecast_input_complete_up_to_timestamp_seconds",
    help: "QRadar was shown to have everything up to this moment.",
    of: ({ complete_up_to }) => seconds(complete_up_to),
  },
  {
    name: "mimecast_input_missing_records",
    help: "Records that QRadar still lacked at the end of the last reconciliation.",
    of: ({ missing }) => missing,
  },
];

/** A worker of a fleet. Null: etcd does not answer. */
export interface WorkerFacts {
  readonly worker: string;
  readonly owned: number | null;
  readonly workers: number | null;
  readonly taken: number;
  readonly isUp: boolean;
}

/** The text of the metrics file. */
export function metricsText(
  accounts: readonly AccountStatus[],
  program: { readonly version: string; readonly nowMs: number; readonly fleet?: WorkerFacts },
): string {
  const blocks = [
    ...(program.fleet === undefined ? [] : workerBlocks(program.fleet)),
    block("mimecast_input_build_info", "gauge", "The program that wrote this file.", [
      [{ version: program.version }, 1],
    ]),
    block("mimecast_input_written_timestamp_seconds", "gauge", "When this file was written.", [
      [{}, program.nowMs / 1000],
    ]),
    block(
      "mimecast_input_checkpoint_readable",
      "gauge",
      "1 where the account's checkpoint can be read, else 0.",
      accounts.map(({ account, error }) => [{ account }, error === null ? 1 : 0]),
    ),
    block(
      "mimecast_input_up",
      "gauge",
      "1 where status says ok or gaps of the account, else 0.",
      accounts.map(({ account, condition }) => [
        { account },
        condition === "ok" || condition === "gaps" ? 1 : 0,
      ]),
    ),
    block(
      "mimecast_input_clock_ahead_seconds",
      "gauge",
      "By how much this host's clock is ahead of Mimecast's; 0 where it is right.",
      accounts
        .filter(({ error }) => error === null)
        .map(({ account, clock_ahead_seconds: ahead }) => [{ account }, ahead ?? 0]),
    ),
    ...reconcileBlocks(accounts),
    ...FEED_METRICS.map(({ name, type, help, of }) =>
      block(
        name,
        type,
        help,
        accounts.flatMap(({ account, feeds }) =>
          feeds.flatMap((feed): [Labels, number][] => {
            const value = of(feed);
            return value === null ? [] : [[{ account, source: feed.feed }, value]];
          }),
        ),
      ),
    ),
    block(
      "mimecast_input_unknown_total",
      "counter",
      "Records with a name or word that the mapping does not know.",
      accounts.flatMap(({ account, feeds }) =>
        feeds.flatMap(({ feed, unknown }) =>
          unknown.map(({ kind, name, count }): [Labels, number] => [
            { account, source: feed, kind, name },
            count,
          ]),
        ),
      ),
    ),
  ];
  return blocks.join("");
}

function reconcileBlocks(accounts: readonly AccountStatus[]): string[] {
  return RECONCILE_METRICS.map(({ name, help, of }) => {
    const samples = accounts.flatMap(({ account, reconciled }): [Labels, number][] => {
      const value = reconciled === null ? null : of(reconciled);
      return value === null ? [] : [[{ account }, value]];
    });
    return block(name, "gauge", help, samples);
  });
}

function workerBlocks({ worker, owned, workers, taken, isUp }: WorkerFacts): string[] {
  const one = (name: string, type: Metric["type"], help: string, value: number | null): string =>
    block(`mimecast_input_${name}`, type, help, value === null ? [] : [[{ worker }, value]]);
  return [
    one("fleet_store_up", "gauge", "1 where etcd answers this worker, else 0.", isUp ? 1 : 0),
    one("fleet_workers", "gauge", "Live workers of the fleet.", workers),
    one("worker_accounts", "gauge", "Accounts that this worker has.", owned),
    one("worker_taken_total", "counter", "Accounts taken over since the worker's start.", taken),
  ];
}

type Labels = Readonly<Record<string, string>>;

function block(
  name: string,
  type: Metric["type"],
  help: string,
  samples: readonly (readonly [Labels, number])[],
): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Text format 0.0.4: backslash, quote and line feed of a label's value. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function seconds(time: string | null): number | null {
  return time === null ? null : Date.parse(time) / 1000;
}
