import type { Compare, Etcd, KeyValue, Outcome, Step } from "../../plugin/fleet/etcd.ts";
import { etcdError } from "../../plugin/fleet/etcd_error.ts";

/**
 * What a client's calls meet. "cut": no request arrives. "deaf": it arrives, and no answer comes back. "held": it arrives
 * when the link is given another state, long after the client has given up.
 */
export type Link = "up" | "cut" | "deaf" | "held";

/** etcd in memory, with a clock that the test moves. One value of it is the whole cluster: linearizable, as etcd is. */
export interface MemoryEtcd {
  /** A client of its own, whose link `set` changes. */
  client(): Etcd & { set(link: Link): void };
  /** Lets time pass, and leases end. */
  advance(ms: number): void;
  nowMs(): number;
  get(key: string): KeyValue | undefined;
  keys(): readonly string[];
}

/** A new, empty one. */
export function memoryEtcd(): MemoryEtcd {
  let nowMs = 0;
  let revision = 1;
  let leaseCount = 0;
  const store = new Map<string, KeyValue>();
  const leases = new Map<string, { readonly ttlMs: number; endMs: number }>();

  function expire(): void {
    for (const [id, { endMs }] of leases) if (endMs <= nowMs) end(id);
  }
  function end(id: string): void {
    leases.delete(id);
    for (const { key, lease } of [...store.values()]) if (lease === id) store.delete(key);
    revision++;
  }
  const holds = ({ key, target, revision: wanted }: Compare): boolean => {
    const stored = store.get(key);
    const found = target === "create" ? stored?.createRevision : stored?.modRevision;
    return (found ?? "0") === wanted;
  };
  function apply(step: Step, at: string): readonly KeyValue[] {
    if ("get" in step) return [store.get(step.get) ?? []].flat();
    if ("list" in step) return [...store.values()].filter(({ key }) => key.startsWith(step.list));
    if ("remove" in step) store.delete(step.remove);
    else {
      const { put: key, value, lease = "0" } = step;
      if (lease !== "0" && !leases.has(lease)) throw refused("requested lease not found");
      const createRevision = store.get(key)?.createRevision ?? at;
      store.set(key, { key, value: Buffer.from(value), createRevision, modRevision: at, lease });
    }
    return [];
  }
  function txn(
    ifs: readonly Compare[],
    then: readonly Step[],
    otherwise: readonly Step[],
  ): Outcome {
    expire();
    const succeeded = ifs.every(holds);
    const steps = succeeded ? then : otherwise;
    const writes = steps.some((step) => "put" in step || "remove" in step);
    const at = String(writes ? revision + 1 : revision);
    const found = steps.map((step) => apply(step, at));
    revision = Number(at);
    return { succeeded, revision: at, found };
  }

  function client(): ReturnType<MemoryEtcd["client"]> {
    let link: Link = "up";
    let held: (() => void)[] = [];
    const call = async <T>(work: () => T): Promise<T> => {
      if (link === "up") return work();
      if (link === "deaf") work();
      if (link === "held") held.push(work);
      throw etcdError("etcd_unavailable", "http://memory", "no answer in time");
    };
    return {
      set(next) {
        link = next;
        const late = held;
        held = [];
        for (const work of late) {
          try {
            work();
          } catch {
            // Nobody hears the refusal.
          }
        }
      },
      txn: (ifs, then, otherwise = []) => call(() => txn(ifs, then, otherwise)),
      grant: (ttlSecs) =>
        call(() => {
          const id = String(++leaseCount);
          leases.set(id, { ttlMs: ttlSecs * 1000, endMs: nowMs + ttlSecs * 1000 });
          return id;
        }),
      keepAlive: (id) =>
        call(() => {
          expire();
          const lease = leases.get(id);
          if (lease === undefined) return 0;
          lease.endMs = nowMs + lease.ttlMs;
          return lease.ttlMs / 1000;
        }),
      leaseLeft: (id) =>
        call(() => {
          expire();
          return ((leases.get(id)?.endMs ?? nowMs) - nowMs) / 1000;
        }),
      revoke: (id) => call(() => end(id)),
      status: () =>
        call(() => ({
          version: "",
          dbBytes: 0,
          dbBytesInUse: 0,
          isLeader: true,
          leader: "1",
          alarms: [],
        })),
    };
  }

  return {
    client,
    advance(ms) {
      nowMs += ms;
      expire();
    },
    nowMs: () => nowMs,
    get: (key) => store.get(key),
    keys: () => [...store.keys()],
  };
}

function refused(words: string): Error {
  return etcdError("etcd_refused", "http://memory", words);
}
