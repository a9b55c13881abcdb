import type { Effects } from "../effects.ts";
import type { StateError } from "../errors.ts";
import type { Etcd } from "./etcd.ts";
import type { WorkerNote } from "./fleet_view.ts";
import type { FleetKeys } from "./keys.ts";
import type { KeptWorker } from "./lease.ts";

/** What a worker is. */
export interface Worker {
  readonly name: string;
  /** As its state directory has it. */
  readonly kept: KeptWorker;
  readonly mode: WorkerNote["mode"];
  readonly weight: number;
  readonly version: string;
  /** Of its lease. */
  readonly ttlSecs: number;
  /** The accounts that it can collect. */
  readonly accounts: readonly string[];
}

/** What a fleet needs of the world. */
export interface FleetWorld {
  readonly effects: Pick<Effects, "now" | "sleep" | "log" | "randomUUID">;
  readonly etcd: Etcd;
  readonly keys: FleetKeys;
  /** Milliseconds of a clock that is never set. */
  monoMs(): number;
  /** Writes down what the next run needs to know of this worker. */
  keep(worker: KeptWorker): Promise<void>;
  /** An account of ours has to wait for etcd: for QRadar. Rejects where the shipper is gone. */
  say?(account: string, trouble: StateError): Promise<void>;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
}
