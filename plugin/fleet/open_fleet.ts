import type { BudgetKeep } from "../client/budget/shared_budget.ts";
import type { Config, EtcdState } from "../config/config.ts";
import { WORKER_NAME } from "../config/etcd_state.ts";
import type { Effects } from "../effects.ts";
import type { StateError } from "../errors.ts";
import type { CheckpointStore } from "../state/checkpoint_file.ts";
import type { Release } from "../state/lock.ts";
import { fleetFolder } from "../state/paths.ts";
import { patientLock } from "../state/patient_lock.ts";
import { createEtcd, type Etcd, type EtcdWay } from "./etcd.ts";
import { etcdBudgets } from "./etcd_budgets.ts";
import { etcdStore } from "./etcd_store.ts";
import { type Fleet, joinFleet } from "./fleet.ts";
import { type FleetKeys, fleetKeys } from "./keys.ts";
import type { KeptWorker } from "./lease.ts";

/** What is needed to reach the store. */
export interface EtcdWorld {
  readonly effects: Effects;
  readonly hostName: string;
  /** The connection that `state` describes, its secrets read. */
  etcd(state: EtcdState): Promise<Pick<EtcdWay, "fetch" | "user">>;
}

/** What is needed to be a member. */
export interface MemberWorld extends EtcdWorld {
  readonly version: string;
  readonly signal: AbortSignal;
  lock(path: string, what: string): Promise<Release>;
  say?(account: string, trouble: StateError): Promise<void>;
}

/** A member that renews its lease asks an endpoint for at most so long, and so can ask two others in time. */
const CALLS_PER_LEASE = 6;
const LONGEST_CALL_MS = 5_000;

/** The store of a configuration, to look at. Nothing is asked yet. */
export async function openStore(
  state: EtcdState,
  world: Pick<EtcdWorld, "etcd">,
): Promise<{ readonly etcd: Etcd; readonly keys: FleetKeys }> {
  const callMs = Math.min(LONGEST_CALL_MS, state.leaseMs / CALLS_PER_LEASE);
  const way = { ...(await world.etcd(state)), endpoints: state.endpoints, callMs };
  return { etcd: createEtcd(way), keys: fleetKeys(state.prefix) };
}

/** The store for a run that leaves no trace: what it writes of positions goes nowhere. */
export async function openReadOnly(
  state: EtcdState,
  world: Pick<EtcdWorld, "etcd" | "effects">,
): Promise<{ store(account: string): CheckpointStore; readonly budgets: BudgetKeep }> {
  const { etcd, keys } = await openStore(state, world);
  return {
    store: (account) => ({ ...etcdStore(etcd, keys, account, null), write: async () => {} }),
    budgets: etcdBudgets(world.effects, etcd, keys),
  };
}

/** The name of this process in its fleet. */
export function workerName(state: Pick<EtcdState, "worker">, hostName: string): string {
  const name = (state.worker ?? hostName).replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 63);
  return WORKER_NAME.test(name) ? name : "worker";
}

/**
 * Makes this process a member of the fleet of `state`, for these accounts. One process of a state directory at a time:
 * throws a `StateError` code `lock_held` if another one keeps it.
 */
export async function openFleet(
  config: Pick<Config, "stateDir">,
  state: EtcdState,
  { mode, accounts }: { readonly mode: "once" | "follow"; readonly accounts: readonly string[] },
  world: MemberWorld,
): Promise<Fleet> {
  const { effects } = world;
  const { files } = effects;
  const folder = fleetFolder(config.stateDir);
  await files.makeFolder(config.stateDir);
  await files.makeFolder(folder);
  await files.checkFolder(folder);
  const name = workerName(state, world.hostName);
  const path = `${folder}/worker`;
  const { release } = await patientLock(world, effects, `${folder}/lock`, `worker "${name}"`);
  try {
    const { etcd, keys } = await openStore(state, world);
    const bytes = await files.read(path);
    const kept = readWorker(bytes) ?? { id: effects.randomUUID(), lease: null, ttlSecs: 0 };
    const startedMs = effects.now();
    const keep = (worker: KeptWorker) =>
      files.replace(path, Buffer.from(JSON.stringify({ ...worker, startedMs })));
    const leaseSecs = Math.ceil(state.leaseMs / 1000);
    const ttlSecs =
      mode === "follow"
        ? leaseSecs
        : onceLeaseSecs(leaseSecs, startedMs - (startedOf(bytes) ?? startedMs));
    await keep(kept);
    const fleet = await joinFleet(
      {
        ...{ effects, etcd, keys, keep, signal: world.signal, monoMs: () => performance.now() },
        ...(world.say === undefined ? {} : { say: world.say }),
      },
      { name, kept, mode, weight: state.weight, version: world.version, ttlSecs, accounts },
    );
    return { ...fleet, close: (drain) => fleet.close(drain).finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

/** The leases of `--once`: of the shippers' usual minute between two starts, of some minutes, of longer. */
const ONCE_LEASES = [180, 900, 3_600, 14_400];

/** A lease (s) that lasts until the next start, by the time (ms) between the last two: three of them. */
export function onceLeaseSecs(leaseSecs: number, betweenMs: number): number {
  const least = Math.max(leaseSecs, (3 * betweenMs) / 1000);
  return ONCE_LEASES.find((secs) => secs >= least) ?? (ONCE_LEASES.at(-1) as number);
}

function readWorker(bytes: Uint8Array | null): KeptWorker | null {
  const { id, lease, ttlSecs } = readJson(bytes);
  if (typeof id !== "string" || typeof ttlSecs !== "number") return null;
  return { id, lease: typeof lease === "string" ? lease : null, ttlSecs };
}

function startedOf(bytes: Uint8Array | null): number | null {
  const { startedMs } = readJson(bytes);
  return typeof startedMs === "number" ? startedMs : null;
}

/** A file that is damaged or not there is that of a new worker. */
function readJson(bytes: Uint8Array | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
