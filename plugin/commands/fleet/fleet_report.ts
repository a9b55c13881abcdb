import type { AccountConfig } from "../../config/config.ts";
import type { Positions } from "../../fleet/positions.ts";
import { isoSecond } from "../../text/iso_time.ts";
import type { AccountStatus } from "../status/account_status.ts";

/** A live worker. Keys are those of the JSON output. */
export interface WorkerReport {
  readonly worker: string;
  readonly mode: "once" | "follow";
  readonly version: string;
  readonly weight: number;
  readonly started: string;
  readonly lease_seconds: number;
  /** Until others take its accounts over, if it says nothing any more. */
  readonly lease_left_seconds: number;
  /** It is to have no account. */
  readonly draining: boolean;
  readonly accounts: number;
}

/** An account that this configuration or any live worker has. */
export interface OwnedReport {
  readonly account: string;
  /** Null: nobody collects it. */
  readonly worker: string | null;
  readonly since: string | null;
  /** Where it is going; null where it is to stay. */
  readonly moving_to: string | null;
  /** By `fleet move`. */
  readonly pinned_to: string | null;
  /** Of its feeds, as `status` has it; null for an account that only other workers have in their configuration. */
  readonly condition: string | null;
  /** Of the feed that is furthest behind. */
  readonly lag_seconds: number | null;
  readonly enabled: boolean;
}

/** A fleet at one moment. */
export interface FleetReport {
  readonly workers: readonly WorkerReport[];
  readonly accounts: readonly OwnedReport[];
}

/** What `fleet` shows. Pure. `left`: seconds of each lease; `share`: account to the worker that it belongs to. */
export function fleetReport(
  { view }: Pick<Positions, "view">,
  known: {
    readonly configured: readonly AccountConfig[];
    readonly statuses: readonly AccountStatus[];
    readonly left: ReadonlyMap<string, number>;
    readonly share: ReadonlyMap<string, string>;
  },
): FleetReport {
  const owned = [...view.owners.values()].map(({ note }) => note.worker);
  const workers = [...view.workers].map(([worker, { note, lease }]): WorkerReport => {
    const { mode, version, weight, startedMs, leaseSecs } = note;
    return {
      worker,
      mode,
      version,
      weight,
      started: isoSecond(startedMs),
      lease_seconds: leaseSecs,
      lease_left_seconds: known.left.get(lease) ?? 0,
      draining: view.drains.has(worker),
      accounts: owned.filter((name) => name === worker).length,
    };
  });
  const { configured, share } = known;
  const names = new Set([
    ...configured.map(({ name }) => name),
    ...share.keys(),
    ...view.owners.keys(),
  ]);
  const accounts = [...names].sort().map((account): OwnedReport => {
    const owner = view.owners.get(account)?.note;
    const target = share.get(account) ?? null;
    const own = known.statuses.find((status) => status.account === account);
    const lags = own?.feeds.flatMap(({ lag_seconds }) => lag_seconds ?? []) ?? [];
    return {
      account,
      worker: owner?.worker ?? null,
      since: owner === undefined ? null : isoSecond(owner.sinceMs),
      moving_to: target === owner?.worker ? null : target,
      pinned_to: view.pins.get(account) ?? null,
      condition: own?.condition ?? null,
      lag_seconds: lags.length === 0 ? null : Math.max(...lags),
      enabled: own?.enabled ?? true,
    };
  });
  return { workers, accounts };
}
