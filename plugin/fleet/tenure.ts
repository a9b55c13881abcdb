import { StateError } from "../errors.ts";
import type { Compare } from "./etcd.ts";

/** The time in which this worker owns an account. */
export interface Tenure {
  readonly account: string;
  /** Holds as long as nobody else has become the owner since: part of every write. */
  readonly fence: Compare;
  /** Aborted when the account is to go to another worker, or has gone. */
  readonly leave: AbortSignal;
  /** The account is to go at once, because its worker is drained. */
  isHurried(): boolean;
  /**
   * Resolves while it is certain that nobody else can own the account; waits where etcd does not answer. Throws a
   * `StateError` code `lock_lost` once that has ended, and the signal's reason after a request to stop.
   */
  sure(): Promise<void>;
  /** The account is closed: gives it away if it was to go. */
  release(): Promise<void>;
}

/** Somebody else owns the account, or may. */
export function lost(account: string, why: string): StateError {
  return new StateError(`Cannot go on with "${account}": ${why}`, {
    code: "lock_lost",
    hint: "Nothing is lost: the account's owner goes on from the last checkpoint, some lines come twice",
  });
}

/** Another process is the worker of this name. */
export function nameTaken(name: string): StateError {
  return new StateError(`Cannot join the fleet as "${name}": another process has this name`, {
    code: "worker_taken",
    hint: "Give each machine a name of its own (state.worker) and a state_dir of its own; after the loss of a state_dir the name is free when its lease has ended",
  });
}
