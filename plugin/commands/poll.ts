import type { AccountJob } from "../account.ts";
import type { Credentials } from "../client/client.ts";
import { createClient } from "../client/mimecast_client.ts";
import { createMimecastClock } from "../client/mimecast_clock.ts";
import { callKind } from "../client/rate_limit.ts";
import { ONE_ATTEMPT } from "../client/retry.ts";
import { engineSettings } from "../config/engine_settings.ts";
import { filteredSource } from "../config/filter.ts";
import { startMs } from "../config/start.ts";
import type { AccountConfig, Config, HttpOutput } from "../config.ts";
import type { Effects } from "../effects.ts";
import type { EngineModule, EngineSettings } from "../engine.ts";
import { createEngine, createEnginePool } from "../engine.ts";
import { openLedger } from "../ledger.ts";
import type { Release } from "../lock.ts";
import { lendingPatience, type Place } from "../places.ts";
import { createProgress } from "../progress.ts";
import type { AccountPlan } from "../run.ts";
import { run } from "../run.ts";
import { isInShard, type Shard } from "../shard.ts";
import { findShipper, isCertain, sameShipper } from "../shipper.ts";
import type { ShipperHttp } from "../shipper_http.ts";
import { sourceNamed } from "../sources/registry.ts";
import type { StatusLine } from "../status_line.ts";
import { chosenAccounts } from "./chosen_accounts.ts";
import { clientOptions, openBudgets } from "./client_options.ts";
import { openDelivery } from "./open_delivery.ts";
import { patientLock } from "./patient_lock.ts";
import { writeMetrics } from "./write_metrics.ts";

/** The command line of `poll`, read. */
export interface PollOptions {
  readonly mode: "once" | "follow";
  /** Names of accounts; empty means all that are enabled. */
  readonly accounts: readonly string[];
  /** Instead of the configuration's; counts only where no accounts are named. */
  readonly shard?: Shard;
  readonly format?: EngineSettings["format"];
}

/** What `poll` needs of the process besides `Effects`. */
export interface PollWorld {
  readonly effects: Effects;
  readonly engine: EngineModule;
  /** Of the program, for the User-Agent. */
  readonly version: string;
  readonly parentPid: number;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** Texts that no line may hold: passwords of proxies. */
  readonly secrets: readonly string[];
  shipperHttp(http: HttpOutput): Promise<ShipperHttp>;
  credentials(account: AccountConfig): Promise<Credentials>;
  lock(path: string, account: string): Promise<Release>;
  /** The terminal's status line; absent where standard error is none, or shows the lines as well. */
  readonly statusLine?: StatusLine | null;
}

const IDLE_CHECK_MS = 5_000;

/** Collects what is due and writes it to stdout. Returns the exit code. */
export async function poll(
  config: Config,
  options: PollOptions,
  world: PollWorld,
): Promise<number> {
  const statusLine = world.statusLine ?? null;
  const effects =
    statusLine === null
      ? world.effects
      : { ...world.effects, log: statusLine.around(world.effects.log) };
  const progress = createProgress(effects, statusLine?.show ?? null);
  const shipper = await findShipper(effects.files, world.parentPid);
  const { mode, format } = options;
  const endMs = mode === "once" ? effects.now() + config.poll.maxRunMs : Number.POSITIVE_INFINITY;
  const delivery = await openDelivery(config, { mode, format, endMs }, world);
  const budgets = openBudgets(effects, config);
  const { http } = config;
  const stdout = http === null ? effects.stdout.kind : "not used";
  effects.log("debug", "Starting", { mode, stdout, shipper });
  if (!isCertain(shipper) && delivery.safety !== "taken") {
    effects.log("warn", "The shipper is known by its pid only, start times can't be read here", {
      shipper,
    });
  }
  const shipperAlive = async () =>
    http !== null ||
    effects.stdout.kind !== "pipe" ||
    sameShipper(shipper, await findShipper(effects.files, process.ppid));
  const plans = accountsOf(config, options).map(
    (account): AccountPlan => ({
      name: account.name,
      open: (place, signal) => openAccount(account, place, signal),
    }),
  );
  if (plans.length === 0) {
    const { shard = config.shard } = options;
    effects.log("warn", "No account falls to this shard", { shard });
    if (mode === "follow") await idle(effects, world.signal, shipperAlive);
  }
  return run(effects, plans, delivery, {
    mode,
    maxRunMs: config.poll.maxRunMs,
    maxConcurrency: config.poll.maxConcurrency,
    patience: (place) => lendingPatience(effects, place),
    signal: world.signal,
    shipperAlive,
    afterRound: () => writeMetrics(config, world),
  });

  async function openAccount(
    account: AccountConfig,
    place: Place,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<AccountPlan["open"]>>> {
    const folder = `${config.stateDir}/${account.name}`;
    await effects.files.makeFolder(config.stateDir);
    await effects.files.makeFolder(folder);
    await effects.files.checkFolder(folder);
    const waiting = {
      now: () => effects.now(),
      sleep: (delayMs: number) => place.lend(() => effects.sleep(delayMs, signal)),
    };
    const lockPath = `${folder}/lock`;
    const { release, waited } = await patientLock(world, waiting, lockPath, account.name);
    try {
      await effects.files.remove(`${folder}/tmp`);
      await effects.files.makeFolder(`${folder}/tmp`);
      const credentials = await world.credentials(account);
      const budget = await budgets.of(credentials, account.baseUrl, account.rateLimits);
      const clock = createMimecastClock(() => effects.now());
      const wanted = { ...clientOptions(config, account, budget, { ...world, signal }), clock };
      const ledger = await openLedger(effects, {
        folder,
        account: account.name,
        api: account.api,
        shipper,
        trustDrained: config.handover === "drained",
        overlapped: waited,
        safety: delivery.safety,
        lagBytes: config.poll.lagBytes,
        settleMs: config.poll.settleMs,
      });
      const settings = engineSettings(config, account, format);
      const job: AccountJob = {
        name: account.name,
        folder,
        client: createClient(account, credentials, effects, wanted),
        probe: createClient(account, credentials, effects, { ...wanted, retry: ONE_ATTEMPT }),
        clock,
        ledger,
        progress,
        callsLeft: (source) => budget.left(callKind(source.endpoint.split(" ").at(-1) ?? "")),
        engines: createEnginePool(() => createEngine(world.engine, settings)),
        quarantineAfter: config.poll.quarantineAfter,
        healthIntervalMs: config.poll.healthIntervalMs,
        sources: account.sources.flatMap(({ name, mode, intervalMs, overlapMs, start }) => {
          const source = filteredSource(sourceNamed(account.api, name, mode), account.dropped);
          if (source === null) return [];
          return [{ source, intervalMs, overlapMs, startMs: startMs(start, effects.now()) }];
        }),
      };
      return { job, release };
    } catch (error) {
      release();
      throw error;
    }
  }
}

/** Accounts that are named are collected whatever the shard. */
function accountsOf(config: Config, options: PollOptions): readonly AccountConfig[] {
  const { accounts, shard = config.shard } = options;
  const chosen = chosenAccounts(config, accounts, "poll");
  if (accounts.length > 0 || shard === null) return chosen;
  return chosen.filter(({ name }) => isInShard(name, shard));
}

/** A process that follows without an account must not end: it would be started again at once. */
async function idle(
  effects: Effects,
  signal: AbortSignal,
  shipperAlive: () => Promise<boolean>,
): Promise<void> {
  while (!signal.aborted && (await shipperAlive())) {
    await effects.sleep(IDLE_CHECK_MS, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}
