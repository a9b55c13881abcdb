import type { TokenKeep } from "../client/auth/token_source.ts";
import type { BudgetKeep } from "../client/budget/shared_budget.ts";
import type { Effects } from "../effects.ts";
import type { CheckpointStore } from "../state/checkpoint_file.ts";
import { etcdBudgets } from "./etcd_budgets.ts";
import { etcdStore, etcdToken } from "./etcd_store.ts";
import { openLease } from "./lease.ts";
import { LOOK_EVERY_MS, Member } from "./member.ts";
import { type Positions, readPositions } from "./positions.ts";
import { lost, type Tenure } from "./tenure.ts";
import type { FleetWorld, Worker } from "./worker.ts";

/** This process as a member of its fleet. */
export interface Fleet {
  /**
   * Takes what belongs to this worker and is free, and gives the names of what it has. Waits at most so long for etcd, then throws its
   * error.
   */
  share(patienceMs: number): Promise<readonly string[]>;
  /** Waits until the account belongs to this worker. Rejects with the reason of `signal`. */
  take(account: string, signal: AbortSignal): Promise<Tenure>;
  store(tenure: Tenure): CheckpointStore;
  token(tenure: Tenure): TokenKeep;
  readonly budgets: BudgetKeep;
  /** Its name. */
  readonly worker: string;
  /** What the fleet has stored, to look at. Throws the errors of `etcd`. */
  positions(): Promise<Positions>;
  /** Accounts that this process has taken since its start. */
  taken(): number;
  /** Ends the membership. `drain`: others take the accounts at once; else this worker's next run goes on with them. */
  close(drain: boolean): Promise<void>;
}

/** Joins the fleet, and looks at it from then on. Waits for etcd until it answers. */
export async function joinFleet(world: FleetWorld, worker: Worker): Promise<Fleet> {
  const { etcd, keys, effects, monoMs, signal } = world;
  const clocks = { now: () => effects.now(), monoMs };
  const lease = openLease(etcd, clocks, worker.kept, worker.ttlSecs, world.keep);
  const member = new Member(world, worker, lease);
  const closed = new AbortController();
  let taken = 0;
  const looking = lookOn(member, effects, closed.signal);
  return {
    share: (patienceMs) => member.share(patienceMs),
    worker: worker.name,
    positions: () => readPositions(etcd, keys),
    taken: () => taken,
    async take(account, ending) {
      const tenure = await member.take(account, ending);
      taken++;
      return tenure;
    },
    store: ({ account, fence }) =>
      etcdStore(etcd, keys, account, {
        fence,
        pause: async () => {
          if (lease.leftMs() <= 0) throw lost(account, "this worker's lease may have ended");
          await effects.sleep(LOOK_EVERY_MS / 4, signal);
        },
      }),
    token: ({ account, fence }) => etcdToken(etcd, keys, account, fence),
    budgets: etcdBudgets(effects, etcd, keys),
    async close(drain) {
      closed.abort();
      await looking;
      if (drain) await member.drain();
    },
  };
}

async function lookOn(
  member: Member,
  { sleep }: Pick<Effects, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await member.look();
    await sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}
