import { createHash } from "node:crypto";
import { assign } from "./assign.ts";
import type { Etcd } from "./etcd.ts";
import { type FleetView, readAccounts } from "./fleet_view.ts";
import type { FleetKeys } from "./keys.ts";

/** The same for the same names, in whatever order. */
export function digestOf(accounts: readonly string[]): string {
  return createHash("sha256")
    .update([...accounts].sort().join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** Account to worker, as `assign` shares them out among the workers of a view. Lists of other workers are read once. */
export function sharer(
  { etcd, keys }: { readonly etcd: Pick<Etcd, "txn">; readonly keys: FleetKeys },
  own: readonly string[],
): (view: FleetView) => Promise<ReadonlyMap<string, string>> {
  const lists = new Map<string, ReadonlySet<string>>([[digestOf(own), new Set(own)]]);
  return async (view) => {
    const workers = [];
    for (const [name, { note }] of view.workers) {
      const { accounts: digest, weight } = note;
      let known = lists.get(digest);
      if (known === undefined) {
        const read = await readAccounts(etcd, keys, name);
        known = new Set(read);
        // One that has gone meanwhile has no list: that is not what others with the digest can collect.
        if (digestOf(read) === digest) lists.set(digest, known);
      }
      workers.push({ name, weight, accounts: known, draining: view.drains.has(name) });
    }
    const accounts = workers.flatMap((worker) => [...worker.accounts]);
    const owners = new Map([...view.owners].map(([account, { note }]) => [account, note.worker]));
    return assign({ accounts, workers, owners, pins: view.pins });
  };
}
