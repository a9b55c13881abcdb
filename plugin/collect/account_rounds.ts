import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { StoppedError } from "../errors.ts";
import type { Ledger } from "../state/ledger.ts";
import { collectAccount, failedDue, nextDue, type Round } from "./account.ts";
import type { AccountPlan, AccountRules, Opened } from "./account_plan.ts";
import { announce, announceLooking } from "./announce.ts";
import { deliverHandedIn } from "./handed_in.ts";
import type { AccountJob, SourceResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import { IDLE_CHECK_MS, shipperGone } from "./shipper_watch.ts";

/** How often the positions are looked after that wait for the reader. */
export const SETTLE_CHECK_MS = 1000;
/** A round that lasts longer than this is shown in the metrics while it lasts. */
const LONG_ROUND_MS = 60_000;
/** A page in progress gets this long when the account's plan is replaced. */
const PAGE_PATIENCE_MS = 30_000;

/** An account under one plan, from its opening to its end or failure. */
export interface Turn {
  readonly plan: AccountPlan;
  /** True where the plan has just replaced another one. */
  readonly isNew: boolean;
  /** Aborted once the plan is replaced. */
  readonly replaced: AbortSignal;
  /** The ledger to go on with: that of an earlier opening, then that of this one. */
  kept: Ledger | undefined;
  opened: Opened | null;
  /** True once a round has come to its end. */
  collected: boolean;
}

/**
 * Opens the account and collects it, round after round. Once the plan is replaced it ends with the page in progress, or in
 * its middle where that takes too long.
 */
export async function collectRounds(
  effects: Effects,
  turn: Turn,
  delivery: Delivery,
  rules: AccountRules,
): Promise<readonly SourceResult[]> {
  const ending = new AbortController();
  const over = new AbortController();
  const hurry = async (): Promise<void> => {
    await effects.sleep(PAGE_PATIENCE_MS, over.signal);
    ending.abort(new StoppedError("a new configuration takes over"));
  };
  const { replaced } = turn;
  const listener = () => void hurry().catch(() => {});
  replaced.addEventListener("abort", listener, { once: true });
  try {
    return await roundsOf(effects, turn, delivery, rules, ending);
  } finally {
    over.abort();
    replaced.removeEventListener("abort", listener);
  }
}

async function roundsOf(
  effects: Effects,
  turn: Turn,
  shared: Delivery,
  rules: AccountRules,
  ending: AbortController,
): Promise<readonly SourceResult[]> {
  const { newSlot, patience } = rules;
  const { replaced } = turn;
  const {
    job,
    tenure,
    delivery = shared,
  } = await open(effects, turn, shared, rules, ending.signal);
  await deliverHandedIn(effects, job, delivery);
  const leave = tenure?.leave === undefined ? [] : [tenure.leave];
  // A slow download must not keep the account from its next owner.
  leave[0]?.addEventListener("abort", () => ending.abort(new StoppedError("by the fleet")));
  const leaving = AbortSignal.any([rules.signal, replaced, ...leave]);
  const stop = (): Stop => {
    const wanted = tenure?.leave.aborted === true ? "now" : rules.stop();
    if (wanted !== "no" || !replaced.aborted) return wanted;
    return ending.signal.aborted ? "now" : "item";
  };
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
    if (rules.mode === "once" || leaving.aborted) return results;
    if (latest.length > 0) await rules.afterRound?.();
    await waitForNext(effects, job, delivery, rules, leaving);
    if (leaving.aborted) return results;
  }
}

async function open(
  effects: Effects,
  turn: Turn,
  shared: Delivery,
  rules: AccountRules,
  ending: AbortSignal,
): Promise<Opened> {
  const { plan, kept } = turn;
  const slot = rules.newSlot();
  const signal = AbortSignal.any([rules.signal, ending]);
  const opened = await slot.hold(() => plan.open(slot, signal, kept));
  turn.opened = opened;
  rules.opened.add(opened);
  const { job, delivery = shared } = opened;
  turn.kept = job.ledger;
  job.ledger.setConfigProblem(rules.configProblem());
  if (turn.isNew) failedDue(job);
  // Before anything is overwritten: has another process had the account meanwhile?
  if (kept !== undefined) await kept.save();
  else if (rules.looking === undefined) await announce(effects, job, delivery);
  else await announceLooking(effects, job, delivery, rules.looking);
  return opened;
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

/** Sleeps until a source is due, settling what the shipper has had time to read; ends early at `signal`. */
async function waitForNext(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  rules: AccountRules,
  signal: AbortSignal,
): Promise<void> {
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
export async function lookAfter(
  job: AccountJob,
  delivery: Delivery,
  rules: Pick<AccountRules, "shipperAlive">,
): Promise<boolean> {
  const open = await job.ledger.settle(delivery.readerWaits());
  if (await rules.shipperAlive()) return open;
  throw shipperGone();
}
