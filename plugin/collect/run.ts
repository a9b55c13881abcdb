import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import {
  AuthError,
  ConfigError,
  DefectError,
  DeliveryError,
  EXIT,
  ShipperGoneError,
  StateError,
} from "../errors.ts";
import type { RunEnd } from "../state/checkpoint.ts";
import type { AccountPlan, Opened, RunRules } from "./account_plan.ts";
import { runAccount } from "./account_run.ts";
import { type Change, type InUse, takeChanges } from "./changes.ts";
import { type Crew, createCrew, type Outcome, type Seat } from "./crew.ts";
import { errorFields, knownError } from "./defect.ts";
import type { Stop } from "./leaving.ts";
import { IDLE_CHECK_MS, watchShipper } from "./shipper_watch.ts";
import { createSlots } from "./slots.ts";

/** How to run. */
export interface RunOptions extends RunRules {
  /** `--once` takes nothing new after this; an item in progress is left in its middle (pump.ts). */
  readonly maxRunMs: number;
  /** Accounts that work at the same time, without those that wait for the network. */
  readonly maxConcurrency: number;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** `--once`: aborted when the grace after `maxRunMs` is over. Default: never. */
  readonly deadline?: AbortSignal;
  /** What becomes of the configuration, until the signal is aborted. Default: it stays what it is. */
  changes?(until: AbortSignal): AsyncIterable<Change>;
}

/** After a request to stop, the run waits so long for a reader that takes nothing. */
const STANDSTILL_MS = 10_000;
const LOOK_EVERY_MS = 1000;

/**
 * Runs every account to its end (`once`) or until somebody asks it to stop (`follow`), and returns the exit code. Accounts
 * are independent: the run reports an account that fails, and the others go on. Three things end all: a closed stdout, an
 * HTTP input that refuses the lines, and a reader that takes nothing after a request to stop.
 */
export async function run(
  effects: Effects,
  plans: readonly AccountPlan[],
  delivery: Delivery,
  options: RunOptions,
): Promise<number> {
  const endMs =
    options.mode === "once" ? effects.now() + options.maxRunMs : Number.POSITIVE_INFINITY;
  /** The shipper is gone, or refuses the lines: that concerns every account. */
  const gone = new AbortController();
  const { mode, patience, shipperAlive, looking, deadline } = options;
  const ends = [options.signal, gone.signal, ...(deadline === undefined ? [] : [deadline])];
  const signal = AbortSignal.any(ends);
  const opened = new Set<Opened>();
  const inUse: InUse = { plans, problem: null };
  const afterRound = async (): Promise<void> => {
    await options.afterRound?.().catch((reason) => {
      const error = knownError(reason);
      effects.log("error", error.message, errorFields(error));
    });
  };
  const rules = {
    mode,
    ...(patience === undefined ? {} : { patience }),
    ...(looking === undefined ? {} : { looking }),
    shipperAlive,
    afterRound,
    signal,
    stop: (): Stop => (signal.aborted ? "now" : effects.now() >= endMs ? "time" : "no"),
    newSlot: createSlots(options.maxConcurrency),
    isAlone: () => inUse.plans.length <= 1,
    configProblem: () => inUse.problem,
    opened,
  };

  async function collect(seat: Seat): Promise<Outcome> {
    try {
      return await runAccount(effects, seat, delivery, rules);
    } catch (reason) {
      const error = knownError(reason);
      // The run reports the first error; the other accounts met the same.
      if (gone.signal.aborted) return [error];
      gone.abort(error);
      effects.log("error", error.message, { account: seat.name, ...errorFields(error) });
      return [error];
    }
  }

  const ended = new AbortController();
  const crew = createCrew(collect);
  const changed = async (): Promise<never> => {
    const changes = options.changes?.(ended.signal);
    if (changes !== undefined)
      await takeChanges(effects, changes, delivery, { crew, opened, inUse });
    return forEver();
  };
  crew.take(plans);
  try {
    const outcomes = await Promise.race([
      everyone(effects, crew, inUse, rules),
      changed(),
      watchShipper(effects, plans, rules, gone),
      standstill(effects, delivery, options.signal, ended.signal),
    ]);
    const isBroken = outcomes === null || gone.signal.reason instanceof ShipperGoneError;
    const end = isBroken ? "broken" : options.signal.aborted ? "stopped" : "drained";
    const code = outcomes === null || isBroken ? EXIT.shipper_gone : exitCode(outcomes);
    const worst = await closeAll(effects, [...opened], delivery, end, code);
    await afterRound();
    return worst;
  } finally {
    ended.abort();
    await Promise.all([...opened].map(({ release }) => release()));
  }
}

/** What the accounts came to. Without an account `--follow` goes on all the same: the shipper would start it again at once. */
async function everyone(
  effects: Effects,
  crew: Crew,
  inUse: InUse,
  rules: RunRules & { readonly signal: AbortSignal },
): Promise<readonly (readonly (Error | null)[])[]> {
  for (;;) {
    const outcomes = await crew.ended();
    const isIdle = rules.mode === "follow" && inUse.plans.length === 0 && !rules.signal.aborted;
    if (!isIdle || !(await rules.shipperAlive())) return outcomes;
    await effects.sleep(IDLE_CHECK_MS, rules.signal).catch(() => {});
  }
}

const forEver = () => new Promise<never>(() => {});

/** Resolves with null once the reader has taken nothing for a while after a request to stop; never if `ended` comes first. */
async function standstill(
  effects: Effects,
  delivery: Delivery,
  stopping: AbortSignal,
  ended: AbortSignal,
): Promise<null> {
  if (!stopping.aborted) {
    await new Promise((done) => stopping.addEventListener("abort", done, { once: true }));
  }
  let acceptedBytes = delivery.accepted();
  for (let quietMs = 0; quietMs < STANDSTILL_MS; quietMs += LOOK_EVERY_MS) {
    await effects.sleep(LOOK_EVERY_MS, ended).catch(forEver);
    if (!delivery.isWriting() || delivery.accepted() !== acceptedBytes) quietMs = 0;
    acceptedBytes = delivery.accepted();
  }
  const hint = "Nothing is committed; what it has not kept is sent again at the next start";
  const message = "Cannot stop in order: the reader of stdout takes nothing";
  effects.log("error", message, { code: "shipper_stuck", quietMs: STANDSTILL_MS, hint });
  return null;
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
      const failure = knownError(error);
      effects.log("error", failure.message, { account, ...errorFields(failure) });
      worst = EXIT.state;
      return false;
    }
  }
  const flushed = end === "broken" || (await attempt(undefined, () => delivery.flush()));
  await Promise.all(
    opened.map(({ job }) => attempt(job.name, () => job.ledger.close(flushed ? end : "broken"))),
  );
  return worst;
}

/** The exit code of the run: the worst one if nothing worked, "partial" if something did. */
export function exitCode(outcomes: readonly (readonly (Error | null)[])[]): number {
  const errors = outcomes.flat().filter((error) => error !== null);
  if (errors.length === 0) return EXIT.ok;
  if (errors.some((error) => error instanceof DeliveryError)) return EXIT.delivery;
  const state = errors.some((error) => error instanceof StateError);
  const worked = outcomes.some((account) => account.length === 0 || account.includes(null));
  if (worked) return EXIT.partial;
  if (state) return EXIT.state;
  if (errors.some((error) => error instanceof DefectError)) return EXIT.defect;
  if (errors.every((error) => error instanceof ConfigError)) return EXIT.config;
  return errors.every((error) => error instanceof AuthError) ? EXIT.auth : EXIT.temporary;
}
