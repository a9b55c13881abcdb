import type { Budgets } from "../client/budget/shared_budget.ts";
import { createClient } from "../client/mimecast_client.ts";
import { createMimecastClock } from "../client/mimecast_clock.ts";
import { ONE_ATTEMPT } from "../client/retry.ts";
import { noteAccountFailure } from "../collect/account_failure.ts";
import type { AccountPlan } from "../collect/account_plan.ts";
import { knownError } from "../collect/defect.ts";
import { say } from "../collect/health.ts";
import type { AccountJob } from "../collect/job.ts";
import type { Progress } from "../collect/progress.ts";
import type { Slot } from "../collect/slots.ts";
import type { AccountConfig, Config } from "../config/config.ts";
import { engineSettings } from "../config/engine_settings.ts";
import { filteredSource } from "../config/filter.ts";
import { startMs } from "../config/start.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { createEngine, createEnginePool, type EngineModule } from "../encode/engine.ts";
import type { KnownError } from "../errors.ts";
import type { Tenure } from "../fleet/tenure.ts";
import { sourceNamed } from "../sources/registry.ts";
import { type Ledger, openLedger } from "../state/ledger.ts";
import { accountFolder, lockPath } from "../state/paths.ts";
import { patientLock } from "../state/patient_lock.ts";
import type { Shipper } from "../state/shipper.ts";
import { clientOptions } from "./client_options.ts";
import type { Looking } from "./looking_world.ts";
import type { FleetPart } from "./poll/fleet_part.ts";
import type { PollOptions, PollWorld } from "./poll_world.ts";

/** What all accounts of a run share. */
export interface RunParts
  extends Pick<PollOptions, "format" | "sources">,
    Pick<FleetPart, "fleet" | "output" | "store"> {
  readonly effects: Effects;
  readonly budgets: Budgets;
  readonly delivery: Delivery;
  readonly progress: Progress;
  readonly shipper: Shipper;
  /** Null: a run that commits. */
  readonly looking: Looking | null;
  /** The ledger of an earlier opening by this process, to go on with. */
  readonly kept: Ledger | undefined;
}

/** Waits until the account is this process's in the fleet, if there is one, and opens it. Throws known errors. */
export async function openAccount(
  config: Config,
  account: AccountConfig,
  parts: RunParts,
  world: OpeningWorld,
): ReturnType<AccountPlan["open"]> {
  const { fleet, output } = parts;
  if (fleet === null) return openOwned(config, account, parts, world, null);
  const { slot, signal } = world;
  const tenure = await slot.lend(() => fleet.take(account.name, signal));
  try {
    const { job, release } = await openOwned(config, account, parts, world, tenure);
    // What can't be written must not be collected.
    await job.ledger.save();
    return {
      job,
      tenure,
      ...(output === undefined ? {} : { delivery: output(tenure.sure) }),
      release: async () => {
        await release();
        await tenure.release();
      },
    };
  } catch (error) {
    await tenure.release();
    throw error;
  }
}

type OpeningWorld = PollWorld & { readonly slot: Slot; readonly signal: AbortSignal };

/** Takes the account's lock, and opens its ledger and its way to Mimecast. Throws known errors, the lock given back. */
async function openOwned(
  config: Config,
  account: AccountConfig,
  parts: RunParts,
  world: OpeningWorld,
  tenure: Tenure | null,
): ReturnType<AccountPlan["open"]> {
  const { effects, budgets, delivery, progress, looking, format, fleet } = parts;
  const { slot, signal } = world;
  const folder = accountFolder(config.stateDir, account.name);
  const workFolder = looking === null ? folder : accountFolder(looking.folder, account.name);
  await effects.files.makeFolder(config.stateDir);
  await effects.files.makeFolder(folder);
  await effects.files.checkFolder(folder);
  const waiting = {
    now: () => effects.now(),
    sleep: (delayMs: number) => slot.lend(() => effects.sleep(delayMs, signal)),
  };
  const what = `account "${account.name}"`;
  const { release, waited } = await patientLock(world, waiting, lockPath(folder), what);
  try {
    await effects.files.remove(`${workFolder}/tmp`);
    await effects.files.makeFolder(`${workFolder}/tmp`);
    const ledger = parts.kept ?? (await ledgerOf(config, account, parts, tenure, waited));
    const settings = engineSettings(config, account, format);
    const collected = {
      name: account.name,
      ledger,
      engines: createEnginePool(() => createEngine(world.engine, settings)),
      healthIntervalMs: config.poll.healthIntervalMs,
      sources: account.sources.flatMap(({ name, mode, intervalMs, overlapMs, start }) => {
        if (parts.sources !== undefined && !parts.sources.includes(name)) return [];
        const source = filteredSource(sourceNamed(account.api, name, mode), account.dropped);
        if (source === null) return [];
        return [{ source, intervalMs, overlapMs, startMs: startMs(start, effects.now()) }];
      }),
    };
    const credentials = await world.credentials(account).catch(async (reason) => {
      await noteAccountFailure(effects, collected, delivery, knownError(reason));
      throw reason;
    });
    const budget = await budgets.of(credentials, account.baseUrl, account.rateLimits);
    const clock = createMimecastClock(() => effects.now());
    const token = tenure === null ? undefined : fleet?.token(tenure);
    const wanted = {
      ...clientOptions(config, account, budget, { ...world, signal, token }),
      clock,
    };
    const once = { ...wanted, retry: ONE_ATTEMPT };
    const isPeek = looking?.wrap !== undefined;
    const job: AccountJob = {
      ...collected,
      folder: workFolder,
      client: createClient(account, credentials, effects, isPeek ? once : wanted),
      probe: createClient(account, credentials, effects, once),
      clock,
      progress,
      callsLeft: (source) => budget.left(source.callKind),
      quarantineAfter: config.poll.quarantineAfter,
    };
    return { job, release };
  } catch (error) {
    release();
    throw error;
  }
}

function ledgerOf(
  config: Config,
  { name, api }: AccountConfig,
  parts: RunParts,
  tenure: Tenure | null,
  overlapped: boolean,
): Promise<Ledger> {
  const { effects, delivery, shipper, fleet } = parts;
  const store = tenure === null ? parts.store?.(name) : fleet?.store(tenure);
  return openLedger(effects, {
    ...(store === undefined ? {} : { store }),
    folder: accountFolder(config.stateDir, name),
    account: name,
    api,
    shipper,
    trustDrained: config.handover === "drained",
    overlapped,
    safety: delivery.safety,
    lagBytes: config.poll.lagBytes,
    settleMs: config.poll.settleMs,
  });
}

/** Tells QRadar what keeps an account from being opened. Needs nothing of it but its settings. */
export async function sayOf(
  config: Config,
  account: AccountConfig,
  { effects, delivery, format }: Pick<RunParts, "effects" | "delivery" | "format">,
  module: EngineModule,
  error: KnownError,
): Promise<void> {
  const engine = createEngine(module, engineSettings(config, account, format));
  const message = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  const speaker = { name: account.name, engine };
  await say(effects, speaker, delivery, { status: "error", endpoint: "collector", message });
}
