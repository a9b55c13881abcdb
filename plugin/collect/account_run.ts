import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { isKnownError, type KnownError, StateError } from "../errors.ts";
import type { Ledger } from "../state/ledger.ts";
import { noteAccountFailure } from "./account_failure.ts";
import type { AccountPlan, AccountRules, Opened } from "./account_plan.ts";
import { isHeld, logFailure, retryAfterMs } from "./account_retry.ts";
import { collectRounds, lookAfter, SETTLE_CHECK_MS, type Turn } from "./account_rounds.ts";
import { consequenceOf } from "./consequence.ts";
import type { Outcome, Seat } from "./crew.ts";
import { knownError } from "./defect.ts";
import { handOver, isOfStore } from "./hand_over.ts";

/**
 * Collects one account: once, or in `--follow` until a request to stop. With `--follow` a failure of the account as a whole (a
 * full disk, a lock that another process holds, a secret that can't be read, a defect) ends it for a while only: the program
 * releases its lock, records the failure, and tries again. In a fleet it is opened again, and so waits, after it was given to
 * another process too. A new plan takes over at the end of the page in progress. Returns
 * the result of the last round, one entry for each feed; null once the account was to go, and has gone. Throws the errors
 * that end all accounts: `ShipperGoneError`, `DeliveryError`.
 */
export async function runAccount(
  effects: Effects,
  seat: Seat,
  delivery: Delivery,
  rules: AccountRules,
): Promise<Outcome> {
  const { signal } = rules;
  let kept: Ledger | undefined;
  let isNew = false;
  for (let failures = 1; ; failures++) {
    const { plan, replaced } = seat.now();
    if (plan === null) return null;
    const turn: Turn = { plan, replaced, isNew, kept, collected: false, opened: null };
    try {
      const results = await collectRounds(effects, turn, delivery, rules);
      const left = turn.opened;
      const isLeft = left?.tenure?.leave.aborted === true && !signal.aborted;
      if (left !== null && isLeft) {
        rules.opened.delete(left);
        turn.opened = null;
        await handOver(effects, left, delivery, rules);
        if (rules.mode === "follow") {
          failures = 0;
          continue;
        }
      }
      if (!replaced.aborted || signal.aborted) return results.map(({ error }) => error);
    } catch (reason) {
      if (signal.aborted && reason === signal.reason) return [];
      const { ends } = consequenceOf(reason);
      if (ends === "run") throw reason;
      if (ends === "nothing" && (!replaced.aborted || signal.aborted)) return [];
      if (ends !== "nothing") {
        if (turn.collected) failures = 1;
        const failed = await noteFailure(effects, turn, delivery, rules, { reason, failures });
        if (failed.retryMs === null) return [failed.error];
        // Another process has moved the positions, or may: only the store has them.
        if (failed.error.code === "lock_lost" || plan.isShared === true) turn.kept = undefined;
        await giveBack(turn, rules);
        await effects.sleep(failed.retryMs, AbortSignal.any([signal, replaced])).catch(() => {});
        if (signal.aborted) return [failed.error];
      }
    }
    kept = turn.kept;
    isNew = replaced.aborted;
    if (!isNew) continue;
    failures = 0;
    if (turn.opened !== null && !(await handOn(effects, seat, turn.opened, delivery, rules))) {
      return [];
    }
    await giveBack(turn, rules);
  }
}

/**
 * An account whose plan was replaced. One that is to go stays open until the shipper has had time to read its lines, unless
 * it is wanted again meanwhile. False where the run ends first.
 */
async function handOn(
  effects: Effects,
  seat: Seat,
  { job }: Opened,
  delivery: Delivery,
  rules: AccountRules,
): Promise<boolean> {
  const { signal } = rules;
  while (seat.now().plan === null && (await lookAfter(job, delivery, rules))) {
    await effects.sleep(SETTLE_CHECK_MS, signal).catch(() => {});
    if (signal.aborted) return false;
  }
  if (seat.now().plan !== null) return true;
  await delivery.flush();
  await job.ledger.close("drained");
  effects.log("info", "The account is not collected any more", { account: seat.name });
  return true;
}

async function giveBack(turn: Turn, { opened }: AccountRules): Promise<void> {
  const { opened: left } = turn;
  if (left === null) return;
  turn.opened = null;
  opened.delete(left);
  await left.release();
}

/** Says why the account has failed, to log, checkpoint and QRadar; and when it is tried again, null for never. */
async function noteFailure(
  effects: Effects,
  { plan, opened, kept }: Turn,
  delivery: Delivery,
  rules: AccountRules,
  { reason, failures }: { readonly reason: unknown; readonly failures: number },
): Promise<{ readonly error: KnownError; readonly retryMs: number | null }> {
  const error = knownError(reason);
  const { isShared = false } = plan;
  const canRetry = rules.mode === "follow" && !rules.signal.aborted;
  // The shipper starts the process again; an account that is alone ends at once.
  const isRetried = canRetry && (kept !== undefined || !rules.isAlone() || isShared);
  const retryMs = isRetried ? retryAfterMs(error, failures, isShared) : null;
  logFailure(effects, plan, error, retryMs);
  if (opened !== null && !(isShared && isOfStore(error))) {
    const { job, delivery: own = delivery } = opened;
    await noteAccountFailure(effects, job, own, error);
  } else if (failures === 1 && error.code !== "lock_lost") await sayUnopened(plan, error);
  return { error, retryMs };
}

/** A state directory that can't be used; what else can fail at the opening has been said there. */
async function sayUnopened(plan: AccountPlan, error: KnownError): Promise<void> {
  if (!(error instanceof StateError) || isHeld(error)) return;
  // The output may have the same trouble, a full disk: the log has it.
  await plan.say?.(error).catch((again) => {
    if (!isKnownError(again)) throw again;
  });
}
