import { CLOCK_HINT, clockText } from "../../collect/clock_watch.ts";
import { unknownText } from "../../encode/unknown_names.ts";
import { type Cell, type Tone, table, toned } from "../../text/table.ts";
import type { AccountStatus } from "./account_status.ts";
import type { Condition, FeedStatus } from "./feed_status.ts";

/** How `status` is shown to people. */
export interface StatusView {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly color: boolean;
  /** Width of the terminal; null (the default): lines may have any length. */
  readonly columns?: number | null;
}

const TONES: Readonly<Record<Condition, Tone>> = {
  broken: "bad",
  failing: "bad",
  overdue: "bad",
  clock: "bad",
  config: "bad",
  unowned: "bad",
  deadline: "bad",
  gaps: "warn",
  waiting: "warn",
  ok: "good",
};

const HEAD = ["feed", "state", "collected up to", "lag", "last run", "next due", "records", "gaps"];
/** Only where a filter has left something out. */
const FILTERED = "filtered";

/** A block for each account: a title, a table of its feeds, and a line for everything that needs attention. */
export function statusText(accounts: readonly AccountStatus[], view: StatusView): string {
  return accounts.map((account) => accountText(account, view)).join("\n");
}

/** A duration in the two largest units, "2d 3h", "15m"; "0s" for none. */
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  let rest = seconds;
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? "" : `${count}${unit}`;
    })
    .filter((part) => part !== "")
    .join(" ");
}

function accountText(account: AccountStatus, view: StatusView): string {
  const { color, columns = null } = view;
  const off = account.enabled ? "" : ", enabled: false";
  const by = account.worker === null ? ", a poll is running" : `, worker ${account.worker}`;
  const running = account.running ? by : "";
  const title = `${toned(account.account, "bold", color)} (API ${account.api}${off}${running})`;
  if (account.error !== null) {
    const hint = account.hint === null ? "" : `  ${toned(account.hint, undefined, color)}\n`;
    return `${title}\n  ${toned(account.error, "bad", color)}\n${hint}`;
  }
  const isFiltered = account.feeds.some(({ filtered }) => filtered > 0);
  const rows = account.feeds.map((feed) => [
    ...feedRow(feed, view),
    ...(isFiltered ? [String(feed.filtered)] : []),
  ]);
  const head = isFiltered ? [...HEAD, FILTERED] : HEAD;
  const body = indent(
    table([head, ...rows], color, { columns: columns === null ? null : columns - 2 }),
  );
  return `${title}\n${body}${notes(account, view)}`;
}

function feedRow(feed: FeedStatus, { nowMs }: StatusView): Cell[] {
  const ago = (time: string | null): string =>
    time === null
      ? "never"
      : `${duration(Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000)))} ago`;
  return [
    feed.feed,
    { text: feed.condition, tone: TONES[feed.condition] },
    feed.collected_up_to ?? "-",
    feed.lag_seconds === null ? "-" : duration(feed.lag_seconds),
    ago(feed.last_run),
    feed.next_due === null
      ? "now"
      : `in ${duration(Math.max(0, Math.round((Date.parse(feed.next_due) - nowMs) / 1000)))}`,
    String(feed.records),
    feed.gaps === 0 ? "0" : { text: String(feed.gaps), tone: "warn" },
  ];
}

/** Lines about names that the mapping does not know; the rest of them is in `--json` and the metrics. */
const SHOWN_UNKNOWN = 5;

function unknownNotes({ feed, unknown }: FeedStatus): string[] {
  const lines = unknown.slice(0, SHOWN_UNKNOWN).map((each) => {
    const records = each.count === 1 ? "1 record" : `${each.count} records`;
    const day = each.since.slice(0, 10);
    return `${feed}: ${records} with unknown ${unknownText(each)} since ${day} (see encode --explain)`;
  });
  const more = unknown.length - lines.length;
  return more > 0 ? [...lines, `${feed}: ${more} more unknown names (see --json)`] : lines;
}

function notes(account: AccountStatus, { color }: StatusView): string {
  const lines: string[] = [];
  for (const feed of account.feeds) {
    if (feed.error !== null) {
      const times = feed.failures === 1 ? "once" : `${feed.failures} times in a row`;
      lines.push(toned(`${feed.feed} failed ${times}: ${feed.error}`, "bad", color));
    }
    if (feed.condition === "overdue") {
      const since = feed.last_success === null ? "yet" : `since ${feed.last_success}`;
      const why = feed.unanswered ?? "does the shipper still start mimecast-input?";
      const text = `${feed.feed}: no answer of Mimecast ${since}: ${why}`;
      lines.push(toned(text, "bad", color));
    }
    if (feed.condition === "waiting") {
      const why = feed.unanswered === null ? "" : `: ${feed.unanswered}`;
      lines.push(toned(`${feed.feed} was never collected${why}`, "warn", color));
    }
    if (feed.condition === "deadline") {
      const text = `${feed.feed}: Mimecast deletes what was not collected from ${feed.deadline} on`;
      lines.push(toned(text, "bad", color));
    }
    lines.push(...unknownNotes(feed).map((line) => toned(line, "warn", color)));
  }
  if (account.condition === "unowned") {
    const text = "no worker has the account: mimecast-input fleet shows who is there";
    lines.push(toned(text, "bad", color));
  }
  const oldest = account.feeds
    .flatMap(({ deadline, feed }) => (deadline === null ? [] : [{ deadline, feed }]))
    .sort((a, b) => a.deadline.localeCompare(b.deadline))[0];
  if (oldest !== undefined) lines.push(`oldest deadline: ${oldest.deadline} (${oldest.feed})`);
  if (account.clock_ahead_seconds !== null) {
    const text = `${clockText(account.clock_ahead_seconds * 1000)}: ${CLOCK_HINT}`;
    lines.push(toned(text, "warn", color));
  }
  if (account.config_problem !== null) lines.push(toned(account.config_problem, "bad", color));
  if (account.reconciled !== null) {
    const { at, verdict, message } = account.reconciled;
    lines.push(
      toned(`reconciled ${at}: ${message}`, verdict === "complete" ? undefined : "warn", color),
    );
  }
  const run = account.unconfirmed_run;
  if (run !== null) {
    lines.push(`unconfirmed: the run of ${run.started} (${run.end}) under ${run.shipper}`);
  }
  for (const gap of account.gaps) {
    const what = gap.item === "" ? "" : `, ${gap.item}`;
    const where = gap.file === null ? "" : ` (kept as quarantine/${gap.file})`;
    lines.push(
      toned(`gap of ${gap.at}: ${gap.stream}${what}: ${gap.reason}${where}`, "warn", color),
    );
  }
  return lines.map((line) => `  ${line}\n`).join("");
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
