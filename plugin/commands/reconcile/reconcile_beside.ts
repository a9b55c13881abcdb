import { errorFields, knownError } from "../../collect/defect.ts";
import { dueAt } from "../../collect/schedule.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import type { EngineSettings } from "../../encode/engine.ts";
import { storedCheckpoint } from "../stored_checkpoint.ts";
import {
  isOutputGone,
  isReconcileDue,
  reconcileScheduled,
  type ScheduledWorld,
} from "./scheduled.ts";

/** How often it looks whether an account is due, and after an error. */
const LOOK_MS = 5_000;
const LOOK_AFTER_ERROR_MS = 300_000;

/** Which accounts, and how. */
export interface Beside {
  /** The configuration that is in use now. */
  config(): Config;
  /** The names of the accounts that this process collects now. */
  readonly held: ReadonlySet<string>;
  /** Of the lines; default: of the configuration. */
  readonly format: EngineSettings["format"] | undefined;
}

/**
 * Beside `poll --follow`: reconciles accounts by `qradar.reconcile`, whenever one is due and collection has nothing to do for it.
 * Ends with the signal of `world`.
 */
export async function reconcileBeside(
  { config: configOf, held, format }: Beside,
  delivery: Delivery,
  world: ScheduledWorld,
): Promise<void> {
  const { effects, signal } = world;
  while (!signal.aborted) {
    let lookMs = LOOK_MS;
    try {
      const inUse = configOf();
      const output = { ...inUse.output, format: format ?? inUse.output.format };
      const config = { ...inUse, output };
      const isWanted = inUse.qradar !== null && inUse.qradar.reconcile !== null;
      for (const account of isWanted ? config.accounts.filter(({ name }) => held.has(name)) : []) {
        if (!(await isReconcileDue(config, account, world))) continue;
        if (await isBusy(config, account, world)) continue;
        await reconcileScheduled(config, account, delivery, world);
      }
    } catch (reason) {
      if (signal.aborted) return;
      const error = knownError(reason);
      // An output that is gone ends the collection too, which says so.
      if (isOutputGone(error)) return;
      lookMs = LOOK_AFTER_ERROR_MS;
      const level = error.code === "lock_held" ? "debug" : "error";
      effects.log(level, error.message, errorFields(error));
    }
    await effects.sleep(lookMs, signal).catch(() => {});
  }
}

/** True while a feed is due, or was never collected. */
async function isBusy(
  config: Config,
  account: AccountConfig,
  world: ScheduledWorld,
): Promise<boolean> {
  const { sources } = await storedCheckpoint(config, account, world);
  const nowMs = world.effects.now();
  return account.sources.some(({ name, intervalMs }) => {
    const state = sources[name];
    return state === undefined || dueAt(state, intervalMs, nowMs) <= nowMs;
  });
}
