import type { AccountJob, Round, SourceResult } from "./account.ts";
import { collectAccount, nextDue } from "./account.ts";
import { announce, announceLooking } from "./announce.ts";
import type { RunEnd } from "./checkpoint.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { Effects } from "./effects.ts";
import {
  AuthError,
  ConfigError,
  DeliveryError,
  EXIT,
  isKnownError,
  ShipperGoneError,
  StateError,
} from "./errors.ts";
import { createPlaces, type Patience, type Place } from "./places.ts";
import type { Stop } from "./pump.ts";

/** An account that can be opened: its lock, its ledger, its client. */
export interface AccountPlan {
  readonly name: string;
  /**
   * `place` is lent to the others while the account waits for its lock. `signal` ends the account's requests: it is
   * told to stop, or the shipper is gone.
   */
  open(
    place: Place,
    signal: AbortSignal,
  ): Promise<{ readonly job: AccountJob; readonly release: () => void }>;
}

/** How to run. */
export interface RunOptions {
  readonly mode: "once" | "follow";
  /** `--once` ends at the next item boundary after this. */
  readonly maxRunMs: number;
  /** Accounts that are collected at the same time; those that wait for the network are not counted. */
  readonly maxConcurrency: number;
  /** How a source waits for Mimecast with the place that it holds. It just waits where absent. */
  patience?(place: Place): Patience;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** `--follow`: false once the process that started us is gone. */
  shipperAlive(): Promise<boolean>;
  /** The run leaves no trace: every source is asked at once, and `notice` is said to QRadar. Default: it does. */
  readonly looking?: { readonly notice: string | null };
  /** A round has collected something or failed, or lasts for a minute; and the end of every run, its places saved. */
  afterRound?(): Promise<void>;
}

interface Opened {
  readonly job: AccountJob;
  readonly release: () => void;
}

const IDLE_CHECK_MS = 5000;
const SETTLE_CHECK_MS = 1000;
const HELD_RETRY_MS = 60_000;
/** A round that lasts longer than this is shown in the metrics while it lasts. */
const LONG_ROUND_MS = 60_000;

/**
 * Runs every account to its end (`once`) or until it is told to stop (`follow`), and returns the exit code.
 * Accounts are independent: one that fails is reported and the others go on. Only a closed stdout ends all.
 */
export async function run(
  effects: Effects,
  plans: readonly AccountPlan[],
  delivery: Delivery,
  options: RunOptions,
): Promise<number> {
  const endMs =
    options.mode === "once" ? effects.now() + options.maxRunMs : Number.POSITIVE_INFINITY;
  const gone = new AbortController();
  /** The shipper's HTTP input will not take what we send: that meets every account. */
  const refused = new AbortController();
  const signal = AbortSignal.any([options.signal, gone.signal, refused.signal]);
  const stop = (): Stop => (signal.aborted ? "now" : effects.now() >= endMs ? "item" : "no");
  const newPlace = createPlaces(options.maxConcurrency);
  const opened: Opened[] = [];
  const defects: unknown[] = [];

  /** With neighbours that go on, an account that another process holds is tried again: it may have moved to this shard. */
  async function openAccount(
    plan: AccountPlan,
    place: Place,
    signal: AbortSignal,
  ): Promise<Opened> {
    const isPatient = options.mode === "follow" && plans.length > 1;
    for (;;) {
      try {
        return await place.hold(() => plan.open(place, signal));
      } catch (error) {
        const isHeld = error instanceof StateError && error.code === "lock_held";
        if (!isHeld || !isPatient || signal.aborted) throw error;
        const { message, code } = error;
        const fields = { account: plan.name, code, retryMs: HELD_RETRY_MS };
        effects.log("warn", `${message}, trying again`, fields);
        await effects.sleep(HELD_RETRY_MS, signal);
      }
    }
  }

  /** What has to be looked after while a round lasts. */
  function meanwhile(job: AccountJob): () => Promise<void> {
    let writtenMs = effects.now();
    return async () => {
      if (options.mode === "follow" && !signal.aborted) await lookAfter(job, delivery, options);
      if (Math.abs(effects.now() - writtenMs) < LONG_ROUND_MS) return;
      writtenMs = effects.now();
      await options.afterRound?.();
    };
  }

  async function runAccount(plan: AccountPlan): Promise<readonly (Error | null)[]> {
    const ending = new AbortController();
    const accountSignal = AbortSignal.any([signal, ending.signal]);
    try {
      const account = await openAccount(plan, newPlace(), accountSignal);
      opened.push(account);
      const { job } = account;
      const round: Round = {
        stop,
        abort: (reason) => ending.abort(reason),
        newPlace,
        ...(options.patience === undefined ? {} : { patience: options.patience }),
        meanwhile: meanwhile(job),
      };
      if (options.looking === undefined) await announce(effects, job, delivery);
      else await announceLooking(effects, job, delivery, options.looking);
      let results = await collectAccount(effects, job, delivery, round);
      while (options.mode === "follow" && !signal.aborted) {
        await waitForNext(effects, job, delivery, signal, options);
        if (signal.aborted) break;
        const next = await collectAccount(effects, job, delivery, round);
        if (next.length === 0) continue;
        results = next;
        await options.afterRound?.();
      }
      return results.map((result: SourceResult) => result.error);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return [];
      if (error instanceof ShipperGoneError) gone.abort(error);
      if (error instanceof DeliveryError) {
        if (refused.signal.aborted) return [error];
        refused.abort(error);
      }
      if (!isKnownError(error)) {
        defects.push(error);
        return [new Error("A defect of the program", { cause: error })];
      }
      const { code, hint } = error;
      effects.log("error", error.message, { account: plan.name, code, hint });
      return [error];
    }
  }

  try {
    const outcomes = await Promise.all(plans.map(runAccount));
    const end = gone.signal.aborted ? "broken" : options.signal.aborted ? "stopped" : "drained";
    const code = end === "broken" ? EXIT.shipper_gone : exitCode(outcomes);
    const worst = await closeAll(effects, opened, delivery, end, code);
    await options.afterRound?.();
    // Only now: the other accounts' places are saved.
    if (defects.length > 0) throw defects[0];
    return worst;
  } finally {
    for (const { release } of opened) release();
  }
}

/** Sleeps until a source is due, settling what the shipper has had time to read; ends early when stopped. */
async function waitForNext(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  signal: AbortSignal,
  options: RunOptions,
): Promise<void> {
  while (!signal.aborted && nextDue(job, effects.now()) > effects.now()) {
    const open = await lookAfter(job, delivery, options);
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
  options: RunOptions,
): Promise<boolean> {
  const open = await job.ledger.settle(delivery.readerWaits());
  if (await options.shipperAlive()) return open;
  throw new ShipperGoneError("Cannot go on: the process that started us has ended", {
    code: "shipper_gone",
  });
}

async function closeAll(
  effects: Effects,
  opened: readonly Opened[],
  delivery: Delivery,
  end: RunEnd,
  code: number,
): Promise<number> {
  let worst = code;
  async function attempt(account: string | undefined, step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const { code, hint } = error;
      effects.log("error", error.message, { account, code, hint });
      worst = EXIT.state;
      return false;
    }
  }
  const flushed = end === "broken" || (await attempt(undefined, () => delivery.flush()));
  for (const { job } of opened) {
    await attempt(job.name, () => job.ledger.close(flushed ? end : "broken"));
  }
  return worst;
}

/** The exit code of all that happened: the worst where nothing worked, "partial" where something did. */
export function exitCode(outcomes: readonly (readonly (Error | null)[])[]): number {
  const errors = outcomes.flat().filter((error) => error !== null);
  if (errors.length === 0) return EXIT.ok;
  if (errors.some((error) => error instanceof DeliveryError)) return EXIT.delivery;
  const state = errors.some((error) => error instanceof StateError);
  const worked = outcomes.some((account) => account.length === 0 || account.includes(null));
  if (worked) return EXIT.partial;
  if (state) return EXIT.state;
  if (errors.every((error) => error instanceof ConfigError)) return EXIT.config;
  return errors.every((error) => error instanceof AuthError) ? EXIT.auth : EXIT.temporary;
}
