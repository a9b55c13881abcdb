import type { Etcd } from "./etcd.ts";

/** What a worker keeps in its state directory, so that a run goes on with the lease of the one before. */
export interface KeptWorker {
  /** Of this state directory: it tells two machines with one worker's name apart. */
  readonly id: string;
  /** Null: none, or it was given back. */
  readonly lease: string | null;
  readonly ttlSecs: number;
}

/** The lease of this worker. Everything that others must see end with it is bound to it. */
export interface Lease {
  /** "0" before the first renewal. */
  id(): string;
  /**
   * For how long (ms) it is certain that the server has not ended it: counted from before the last answered request was sent,
   * less a tenth for clocks that run at different rates.
   */
  leftMs(): number;
  /** A third of its time has passed. */
  isDue(): boolean;
  /** Renews it. False where it had ended, and another one was granted. */
  renew(): Promise<boolean>;
  /** Ends it, and with it everything that is bound to it. */
  revoke(): Promise<void>;
}

/** Two clocks of this host, ms. */
export interface Clocks {
  /** Since 1970; may be set. */
  now(): number;
  /** Never set; goes on while the process is stopped, and on Linux not while the machine sleeps. */
  monoMs(): number;
}

/**
 * The lease from before the first renewal, which takes up the kept lease if that has the wanted time and is alive, and else
 * grants one. `keep` is awaited before anything can be bound to it.
 */
export function openLease(
  etcd: Pick<Etcd, "grant" | "keepAlive" | "revoke">,
  clocks: Clocks,
  kept: KeptWorker,
  ttlSecs: number,
  keep: (worker: KeptWorker) => Promise<void>,
): Lease {
  let id = kept.ttlSecs === ttlSecs ? kept.lease : null;
  let sure = { atMono: 0, atMs: 0, forMs: 0 };
  // The wall clock too: it goes on while the machine sleeps. One that is set forward costs a renewal.
  const passedMs = (): number =>
    Math.max(clocks.monoMs() - sure.atMono, clocks.now() - sure.atMs, 0);

  async function renew(): Promise<boolean> {
    const sent = { atMono: clocks.monoMs(), atMs: clocks.now() };
    const leftSecs = id === null ? 0 : await etcd.keepAlive(id);
    if (leftSecs > 0) {
      sure = { ...sent, forMs: leftSecs * 1000 };
      return true;
    }
    sure = { ...sent, forMs: 0 };
    const granting = { atMono: clocks.monoMs(), atMs: clocks.now() };
    const granted = await etcd.grant(ttlSecs);
    await keep({ id: kept.id, lease: granted, ttlSecs });
    id = granted;
    sure = { ...granting, forMs: ttlSecs * 1000 };
    return false;
  }

  return {
    id: () => id ?? "0",
    leftMs: () => sure.forMs * 0.9 - passedMs(),
    isDue: () => passedMs() >= sure.forMs / 3,
    renew,
    async revoke() {
      sure = { ...sure, forMs: 0 };
      await keep({ id: kept.id, lease: null, ttlSecs });
      if (id !== null) await etcd.revoke(id);
      id = null;
    },
  };
}
