import { type Budget, FULL_BUDGET, mergeBudgets } from "../client/budget/budget.ts";
import { parseBudget, serializeBudget } from "../client/budget/budget_file.ts";
import type { BudgetKeep } from "../client/budget/shared_budget.ts";
import type { Effects } from "../effects.ts";
import type { Etcd, KeyValue } from "./etcd.ts";
import type { FleetKeys } from "./keys.ts";

/** Of the writers of a fleet that share a credential, one gets ahead of the others each time. */
const TRIES = 8;

/**
 * The rate budgets in etcd, one for each credential. Merging two of them gives what both know, so they need no owner: a
 * write replaces only what was merged, else it is tried again.
 */
export function etcdBudgets(
  effects: Pick<Effects, "now">,
  etcd: Pick<Etcd, "txn">,
  keys: FleetKeys,
): BudgetKeep {
  const read = (stored: KeyValue | undefined): Budget =>
    stored === undefined ? FULL_BUDGET : parseBudget(stored.value, effects.now());
  const last = new Map<string, string>();

  async function get(key: string): Promise<Budget> {
    const stored = (await etcd.txn([], [{ get: key }])).found[0]?.[0];
    last.set(key, stored?.modRevision ?? "0");
    return read(stored);
  }
  return {
    name: (hash) => `etcd:${keys.budget(hash)}`,
    read: (hash) => get(keys.budget(hash)),
    async merge(hash, budget, limits) {
      const key = keys.budget(hash);
      let merged = budget;
      for (let tries = 0; tries < TRIES; tries++) {
        const value = serializeBudget(merged);
        const revision = last.get(key) ?? "0";
        const outcome = await etcd.txn(
          [{ key, target: "mod", revision }],
          [{ put: key, value }],
          [{ get: key }],
        );
        if (outcome.succeeded) {
          last.set(key, outcome.revision);
          break;
        }
        const stored = outcome.found[0]?.[0];
        last.set(key, stored?.modRevision ?? "0");
        merged = mergeBudgets(merged, read(stored), limits);
      }
      return merged;
    },
  };
}
