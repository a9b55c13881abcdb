import { isoSecond } from "../../text/iso_time.ts";
import { printable } from "../../text/table.ts";
import type { HourResult } from "./comparison.ts";
import type { Unlisted } from "./listing_tasks.ts";

/** A record that Mimecast has and QRadar lacks. */
export interface MissingRecord {
  readonly uid: string;
  readonly timeMs: number;
  readonly event: string;
  readonly feed: string;
  readonly cause: "maybe_in_a_gap" | "lost_on_the_way";
}

/** What a reconciliation came to. Times in ms since 1970; `toMs` is excluded. */
export interface Reconciled {
  readonly account: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Calls to Mimecast for the list. */
  readonly calls: number;
  readonly hours: readonly HourResult[];
  /** What was missing at first: the first of them. */
  readonly missing: readonly MissingRecord[];
  /** Missing at the last look. */
  readonly missingCount: number;
  /** Missing because they were not collected yet: no loss. */
  readonly pendingCount: number;
  readonly twice: number;
  readonly unknown: { readonly count: number; readonly uids: readonly string[] };
  readonly unlisted: readonly Unlisted[];
  /** How many were sent again; null where that was not asked for. */
  readonly healed: number | null;
}

/** For people, or one JSON object. */
export function reconciledText(result: Reconciled, json: boolean): string {
  return json ? `${JSON.stringify(reportValue(result))}\n` : peopleText(result);
}

function reportValue(result: Reconciled) {
  return {
    account: result.account,
    from: isoSecond(result.fromMs),
    until: isoSecond(result.toMs),
    verdict: verdict(result),
    at_mimecast: total(result),
    missing: result.missingCount,
    not_yet_collected: result.pendingCount,
    twice: result.twice,
    unknown_to_mimecast: result.unknown.count,
    healed: result.healed,
    not_listed: result.unlisted,
    hours: result.hours.map(({ hour, atMimecast, found }) => ({
      hour: isoSecond(hour * 3_600_000),
      at_mimecast: atMimecast,
      found,
    })),
    missing_records: result.missing.map(({ timeMs, ...rest }) => ({
      ...rest,
      time: isoSecond(timeMs),
    })),
    unknown_uids: result.unknown.uids,
  };
}

function total({ hours }: Reconciled): number {
  return hours.reduce((sum, { atMimecast }) => sum + atMimecast, 0);
}

const CAUSES = {
  maybe_in_a_gap: "its feed has an open gap: mimecast-input replay --list",
  lost_on_the_way: "no poll will bring it: lost after collection",
};
/** Missing records that a person is shown. */
const LINES = 20;

function peopleText(result: Reconciled): string {
  const { missing, missingCount, healed, unlisted, unknown } = result;
  const lines = [
    `${result.account}: ${isoSecond(result.fromMs)} to ${isoSecond(result.toMs)}, ${total(result)} records at Mimecast`,
    `missing ${missingCount}, not collected yet ${result.pendingCount}, more than once ${result.twice}, unknown to Mimecast ${unknown.count}`,
    ...missing
      .slice(0, LINES)
      .map(
        ({ uid, timeMs, event, feed, cause }) =>
          `  ${uid} ${isoSecond(timeMs)} ${printable(feed)} ${printable(event)}: ${CAUSES[cause]}`,
      ),
    ...(missing.length > LINES ? ["  … more: --json shows them"] : []),
    ...unlisted.map(({ feed, reason }) => `not compared: ${printable(feed)}: ${printable(reason)}`),
    ...(healed === null || healed === 0
      ? []
      : [
          `sent again: ${healed}, of which ${healed - Math.min(healed, missingCount)} have arrived`,
        ]),
    verdictText(result),
  ];
  return `${lines.join("\n")}\n`;
}

/** "undecided": what was sent again has to arrive first, or part of the records could not be compared. */
export function verdict(result: Reconciled): "complete" | "incomplete" | "undecided" {
  const { missingCount, pendingCount, unlisted, healed } = result;
  if (missingCount > 0 && healed === null) return "incomplete";
  return missingCount + pendingCount + unlisted.length > 0 ? "undecided" : "complete";
}

function verdictText(result: Reconciled): string {
  const { missingCount, pendingCount, unlisted } = result;
  const found = verdict(result);
  if (found === "incomplete") return "incomplete: --heal sends what is missing";
  if (missingCount > 0) return "undecided until all have arrived: run it once more in some minutes";
  if (pendingCount > 0)
    return "undecided: part of it is not collected yet; ask for an earlier --until";
  return unlisted.length > 0 ? "undecided: not every feed could be compared" : found;
}
