import { type Cell, table } from "../../text/table.ts";
import { duration } from "../status/text.ts";
import type { FleetReport, OwnedReport } from "./fleet_report.ts";

/** The fleet in two tables: workers, accounts. */
export function fleetText(
  { workers, accounts }: FleetReport,
  { color, columns }: { readonly color: boolean; readonly columns: number | null },
): string {
  const shape = { columns };
  const ofWorkers = workers.map((each): Cell[] => [
    each.worker,
    each.draining ? { text: "draining", tone: "warn" } : { text: "live", tone: "good" },
    `--${each.mode}`,
    String(each.accounts),
    String(each.weight),
    `${duration(each.lease_left_seconds)} of ${duration(each.lease_seconds)}`,
    each.version,
    each.started,
  ]);
  const ofAccounts = accounts.map((each): Cell[] => [
    each.account,
    workerCell(each),
    each.condition ?? "-",
    each.lag_seconds === null ? "-" : duration(each.lag_seconds),
    each.since ?? "-",
    noteOf(each),
  ]);
  const first =
    workers.length === 0
      ? "No worker is alive\n"
      : table(
          [
            ["worker", "state", "mode", "accounts", "weight", "lease", "version", "started"],
            ...ofWorkers,
          ],
          color,
          shape,
        );
  const head = ["account", "worker", "state", "lag", "since", "note"];
  return `${first}\n${table([head, ...ofAccounts], color, shape)}`;
}

function workerCell({ worker, enabled }: OwnedReport): Cell {
  if (worker !== null) return worker;
  return enabled ? { text: "none", tone: "bad" } : "-";
}

function noteOf({ moving_to, pinned_to, enabled }: OwnedReport): string {
  const notes = [
    ...(enabled ? [] : ["enabled: false"]),
    ...(moving_to === null ? [] : [`goes to ${moving_to}`]),
    ...(pinned_to === null ? [] : [`pinned to ${pinned_to}`]),
  ];
  return notes.join(", ");
}
