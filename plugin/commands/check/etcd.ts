import type { EtcdState } from "../../config/config.ts";
import { EXIT, isKnownError, StateError } from "../../errors.ts";
import type { Etcd, MemberStatus } from "../../fleet/etcd.ts";
import type { FleetKeys } from "../../fleet/keys.ts";
import { type CheckResult, type Reporter, reporter } from "./result.ts";

/** A write that takes longer eats into the lease when etcd is busy, ms. */
const SLOW_MS = 250;
/** etcd's default of --quota-backend-bytes: it refuses writes beyond. Its API does not tell another one. */
const DEFAULT_QUOTA = 2 * 1024 ** 3;
const LARGE_PART = 0.7;
const MIB = 1024 ** 2;

/** What `check` tries at the store of a fleet: each endpoint, then a key below the prefix, which is removed again. */
export async function etcdResults(
  state: EtcdState,
  { etcd, keys }: { readonly etcd: Etcd; readonly keys: FleetKeys },
  world: { now(): number; randomUUID(): string },
): Promise<readonly CheckResult[]> {
  const report = reporter("fleet");
  const results: CheckResult[] = [];
  for (const endpoint of state.endpoints) {
    const sentMs = world.now();
    try {
      const status = await etcd.status(endpoint);
      results.push(...memberResults(report, endpoint, status, world.now() - sentMs));
    } catch (error) {
      results.push(report.error("endpoint", error));
    }
  }
  return [...results, await rights(report, etcd, keys, world)];
}

function memberResults(
  report: Reporter,
  endpoint: string,
  { version, dbBytes, dbBytesInUse, leader, isLeader, alarms }: MemberStatus,
  tookMs: number,
): CheckResult[] {
  const { host } = new URL(endpoint);
  const size = `${Math.ceil(dbBytesInUse / MIB)} of ${Math.ceil(dbBytes / MIB)} MiB in use`;
  const facts = `${host}: etcd ${version}${isLeader ? ", leads" : ""}, ${size}, ${tookMs} ms`;
  const results: CheckResult[] = [];
  if (leader === null) {
    const remedy = "Most members must reach each other: etcdctl endpoint status --cluster";
    results.push(report.fail("endpoint", `${facts}; it knows no leader`, remedy, EXIT.state));
  } else results.push(report.ok("endpoint", facts));
  if (alarms.length > 0) {
    const remedy = "Compact and defragment, then etcdctl alarm disarm: docs/fleet.md";
    results.push(report.fail("alarm", `${host}: ${alarms.join(", ")}`, remedy, EXIT.state));
  } else if (dbBytes > DEFAULT_QUOTA * LARGE_PART) {
    const text = `${host}: its file is near to the 2 GiB that etcd takes without --quota-backend-bytes`;
    const remedy = "Set --auto-compaction-retention=10m and run etcdctl defrag";
    results.push(report.warn("quota", text, remedy));
  }
  return results;
}

/** Puts, reads and deletes as a worker does; a read of the same transaction shows that it is the right key. */
async function rights(
  report: Reporter,
  etcd: Etcd,
  keys: FleetKeys,
  { now, randomUUID }: { now(): number; randomUUID(): string },
): Promise<CheckResult> {
  const key = keys.budget(`check-${randomUUID()}`);
  const value = randomUUID();
  try {
    const sentMs = now();
    await etcd.txn([{ key, target: "create", revision: "0" }], [{ put: key, value }]);
    const tookMs = now() - sentMs;
    const { found } = await etcd.txn([], [{ get: key }]);
    await etcd.txn([], [{ remove: key }]);
    const stored = Buffer.from(found[0]?.[0]?.value ?? []).toString("utf8");
    if (stored !== value) throw notKept(key);
    if (tookMs <= SLOW_MS)
      return report.ok("rights", `put, get and delete; a write took ${tookMs} ms`);
    return report.warn(
      "rights",
      `put, get and delete work, but a write took ${tookMs} ms`,
      "etcd needs a disk that syncs in 10 ms (etcd's hardware page); raise state.lease_secs meanwhile",
    );
  } catch (error) {
    if (!isKnownError(error)) throw error;
    return report.error("rights", error);
  }
}

function notKept(key: string): StateError {
  return new StateError(`Cannot use etcd: "${key}" does not have what was just put`, {
    code: "etcd_refused",
    hint: "All endpoints must be members of one etcd",
  });
}
