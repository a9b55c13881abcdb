import type { Checkpoint } from "../state/checkpoint.ts";
import type { Etcd } from "./etcd.ts";
import { etcdStore } from "./etcd_store.ts";
import { type FleetView, readFleet } from "./fleet_view.ts";
import type { FleetKeys } from "./keys.ts";

/** What a fleet has stored of its accounts, to look at. */
export interface Positions {
  readonly view: FleetView;
  /** The worker that has an account; null: none. */
  owner(account: string): string | null;
  /** As stored now; an empty one for a new account. Throws `StateError`. */
  checkpoint(account: string, api: Checkpoint["api"]): Promise<Checkpoint>;
}

/** Reads who has what at this moment. Throws the errors of `etcd`. */
export async function readPositions(etcd: Pick<Etcd, "txn">, keys: FleetKeys): Promise<Positions> {
  const view = await readFleet(etcd, keys);
  return {
    view,
    owner: (account) => view.owners.get(account)?.note.worker ?? null,
    checkpoint: (account, api) => etcdStore(etcd, keys, account, null).read(account, api),
  };
}
