import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { isKnownError, type KnownError, ShipperGoneError, StateError } from "../errors.ts";
import type { Tenure } from "../fleet/tenure.ts";
import type { Ledger } from "../state/ledger.ts";
import { collectAccount, nextDue, type Round } from "./account.ts";
import { noteAccountFailure } from "./account_failure.ts";
import { isHeld, logFailure, retryAfterMs } from "./account_retry.ts";
import { announce, announceLooking } from "./announce.ts";
import { consequenceOf } from "./consequence.ts";
import { knownError } from "./defect.ts";
import { handOver, isOfStore } from "./hand_over.ts";
import { deliverHandedIn } from "./handed_in.ts";
import type { AccountJob, SourceResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import type { Patience, Slot } from "./slots.ts";

/** An account that can be opened: its lock, its ledger, its client. */
export interface AccountPlan {
  readonly name: string;
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
  readonly isAlone: boolean;
  /** The accounts that are open now. */
  readonly opened: Set<Opened>;
}

const IDLE_CHECK_MS = 5000;
const SETTLE_CHECK_MS = 1000;
/** A round that lasts longer than this is shown in the metrics while it lasts. */
const LONG_ROUND_MS = 60_000;

/**
 * Collects one account: once, or in `--follow` until a request to stop. With `--follow` a failure of the account as a whole (a
 * full disk, a lock that another process holds, a secret that can't be read, a defect) ends it for a while only: the program
 * releases its lock, records the failure, and tries again. In a fleet it is opened again, and so waits, after it was given to
 * another process too. Returns the result of the last round, one entry for each feed.
 * Throws the errors that end all accounts: `ShipperGoneError`, `DeliveryError`.
 */
export async function runAccount(
  effects: Effects,
  plan: AccountPlan,
  delivery: Delivery,
  rules: AccountRules,
): Promise<readonly (Error | null)[]> {
  let kept: Ledger | undefined;
  const { isShared = false } = plan;
  for (let failures = 1; ; failures++) {
    const turn: Turn = { kept, collected: false, opened: null };
    try {
      const results = await collectRounds(effects, plan, delivery, rules, turn);
      const left = turn.opened;
      const isLeft = left?.tenure?.leave.aborted === true && !rules.signal.aborted;
      if (left === null || !isLeft) return results.map(({ error }) => error);
      rules.opened.delete(left);
      await handOver(effects, left, delivery);
      if (rules.mode === "once") return results.map(({ error }) => error);
      failures = 0;
    } catch (reason) {
      const { signal, opened } = rules;
      if (signal.aborted && reason === signal.reason) return [];
      const { ends } = consequenceOf(reason);
      if (ends === "nothing") return [];
      if (ends === "run") throw reason;
      const error = knownError(reason);
      if (turn.collected) failures = 1;
      const canRetry = rules.mode === "follow" && !signal.aborted;
      // The shipper starts the process again; an account that is alone ends at once.
      const isRetried = canRetry && (turn.kept !== undefined || !rules.isAlone || isShared);
      const retryMs = isRetried ? retryAfterMs(error, failures, isShared) : null;
      logFailure(effects, plan, error, retryMs);
      if (turn.opened !== null && !(isShared && isOfStore(error))) {
        const { job, delivery: own = delivery } = turn.opened;
        await noteAccountFailure(effects, job, own, error);
      } else if (failures === 1 && error.code !== "lock_lost") await sayUnopened(plan, error);
      if (retryMs === null) return [error];
      // Another process has moved the positions, or may: only the store has them.
      kept = error.code === "lock_lost" || isShared ? undefined : turn.kept;
      if (turn.opened !== null) {
        opened.delete(turn.opened);
        await turn.opened.release();
      }
      await effects.sleep(retryMs, signal).catch(() => {});
      if (signal.aborted) return [error];
    }
  }
}

/** The facts about an account's run when it fails. */
interface Turn {
  kept: Ledger | undefined;
  opened: Opened | null;
  /** True once a round has come to its end. */
  collected: boolean;
}

async function collectRounds(
  effects: Effects,
  plan: AccountPlan,
  shared: Delivery,
  rules: AccountRules,
  turn: Turn,
): Promise<readonly SourceResult[]> {
  const { newSlot, patience } = rules;
  const ending = new AbortController();
  const accountSignal = AbortSignal.any([rules.signal, ending.signal]);
  const slot = newSlot();
  const { kept } = turn;
  const opened = await slot.hold(() => plan.open(slot, accountSignal, kept));
  turn.opened = opened;
  rules.opened.add(opened);
  const { job, tenure } = opened;
  turn.kept = job.ledger;
  const delivery = opened.delivery ?? shared;
  const leave = tenure?.leave;
  const signal = leave === undefined ? rules.signal : AbortSignal.any([rules.signal, leave]);
  const stop = (): Stop => (signal.aborted ? "now" : rules.stop());
  // Before anything is overwritten: has another process had the account meanwhile?
  if (kept !== undefined) await kept.save();
  else if (rules.looking === undefined) await announce(effects, job, delivery);
  else await announceLooking(effects, job, delivery, rules.looking);
  await deliverHandedIn(effects, job, delivery);
  const newRound = (): Round => ({
    stop,
    abort: (reason) => ending.abort(reason),
    newSlot,
    ...(patience === undefined ? {} : { patience }),
    meanwhile: meanwhile(effects, job, delivery, rules),
  });
  let results: readonly SourceResult[] = [];
  for (;;) {
    await tenure?.sure();
    const latest = await collectAccount(effects, job, delivery, newRound());
    turn.collected = true;
    if (latest.length > 0) results = latest;
    if (rules.mode === "once" || signal.aborted) return results;
    if (latest.length > 0) await rules.afterRound?.();
    await waitForNext(effects, job, delivery, { ...rules, signal });
    if (signal.aborted) return results;
  }
}

/** The tasks that go on during a round. */
function meanwhile(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  rules: AccountRules,
): () => Promise<void> {
  let writtenMs = effects.now();
  return async () => {
    if (rules.mode === "follow" && !rules.signal.aborted) {
      await deliverHandedIn(effects, job, delivery);
      await lookAfter(job, delivery, rules);
    }
    if (Math.abs(effects.now() - writtenMs) < LONG_ROUND_MS) return;
    writtenMs = effects.now();
    await rules.afterRound?.();
  };
}

/** Sleeps until a source is due, settling what the shipper has had time to read; ends early when stopped. */
async function waitForNext(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  rules: AccountRules,
): Promise<void> {
  const { signal } = rules;
  while (!signal.aborted && nextDue(job, effects.now()) > effects.now()) {
    await deliverHandedIn(effects, job, delivery);
    const open = await lookAfter(job, delivery, rules);
    const nowMs = effects.now();
    const waitMs = Math.min(nextDue(job, nowMs) - nowMs, open ? SETTLE_CHECK_MS : IDLE_CHECK_MS);
    await effects.sleep(Math.max(waitMs, 1), signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Settles what the shipper has had time to read; true where something is still open. Throws where it is gone. */
async function lookAfter(
  job: AccountJob,
  delivery: Delivery,
  rules: Pick<AccountRules, "shipperAlive">,
): Promise<boolean> {
  const open = await job.ledger.settle(delivery.readerWaits());
  if (await rules.shipperAlive()) return open;
  throw new ShipperGoneError("Cannot go on: the process that started us has ended", {
    code: "shipper_gone",
  });
}

/** A state directory that can't be used; what else can fail at the opening has been said there. */
async function sayUnopened(plan: AccountPlan, error: KnownError): Promise<void> {
  if (!(error instanceof StateError) || isHeld(error)) return;
  // The output may have the same trouble, a full disk: the log has it.
  await plan.say?.(error).catch((again) => {
    if (!isKnownError(again)) throw again;
  });
}
