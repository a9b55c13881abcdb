import type { Delivery } from "../deliver/delivery.ts";
import type { StateError } from "../errors.ts";
import type { Tenure } from "../fleet/tenure.ts";
import type { Ledger } from "../state/ledger.ts";
import type { AccountJob } from "./job.ts";
import type { Stop } from "./leaving.ts";
import type { Patience, Slot } from "./slots.ts";

/** An account that can be opened: its lock, its ledger, its client. */
export interface AccountPlan {
  readonly name: string;
  /** The same for two plans that do the same: a new configuration leaves such an account undisturbed. Absent: there is only one plan. */
  readonly key?: string;
  /**
   * `slot` is lent to the others while the account waits for its lock. `signal` ends the account's requests: it is
   * told to stop, or the shipper is gone. `kept` is the ledger of an earlier opening by this process: it goes on where
   * that one was, instead of reading the files.
   */
  open(slot: Slot, signal: AbortSignal, kept?: Ledger): Promise<Opened>;
  /** Tells QRadar why the account cannot be opened. */
  say?(error: StateError): Promise<void>;
  /** True where `open` waits until the account is this process's in a fleet. Default: it always is. */
  readonly isShared?: boolean;
}

/** An account that is open, and the end of its lock. */
export interface Opened {
  readonly job: AccountJob;
  readonly release: () => void | Promise<void>;
  /** In a fleet: for how long the account is this process's, and its way out. */
  readonly tenure?: Tenure;
  readonly delivery?: Delivery;
}

/** The limits of every account of a run. */
export interface RunRules {
  readonly mode: "once" | "follow";
  /** How a source waits for Mimecast with the slot that it holds. It just waits where absent. */
  patience?(slot: Slot): Patience;
  /** `--follow`: false once the process that started us is gone. */
  shipperAlive(): Promise<boolean>;
  /** The run leaves no trace: every source is asked at once, and `notice` is said to QRadar. Default: it does. */
  readonly looking?: { readonly notice: string | null };
  /** A round has collected something or failed, or lasts for a minute; and the end of every run, its positions saved. */
  afterRound?(): Promise<void>;
}

/** The same with what the accounts share. */
export interface AccountRules extends RunRules {
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  stop(): Stop;
  newSlot(): Slot;
  /** True where no other account goes on in this process. */
  isAlone(): boolean;
  /** Why the newest configuration can't be taken, for the checkpoint; null where it is in use. */
  configProblem(): string | null;
  /** The accounts that are open now. */
  readonly opened: Set<Opened>;
}
