import type { AccountPlan } from "../../collect/account_run.ts";
import { deadline } from "../../collect/deadline.ts";
import { createProgress } from "../../collect/progress.ts";
import { run } from "../../collect/run.ts";
import { lendingPatience } from "../../collect/slots.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { isInShard } from "../../config/shard.ts";
import { openDelivery } from "../../deliver/open_delivery.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError } from "../../errors.ts";
import { findShipper, hasTerminal, isCertain, sameShipper } from "../../state/shipper.ts";
import { stdoutReader } from "../../state/stdout_reader.ts";
import { someAccounts } from "../chosen_accounts.ts";
import { openBudgets } from "../client_options.ts";
import { type Looking, look } from "../looking_world.ts";
import { openAccount, sayOf } from "../open_account.ts";
import type { PollOptions, PollWorld } from "../poll_world.ts";
import { openFleetPart } from "./fleet_part.ts";
import { writeMetrics } from "./write_metrics.ts";

const IDLE_CHECK_MS = 5_000;

/** Collects what is due and writes it to stdout. Returns the exit code. */
export async function poll(
  config: Config,
  options: PollOptions,
  world: PollWorld,
): Promise<number> {
  const { effects } = world;
  if (config.target !== null) return collect(config, options, world, { pids: [], looking: null });
  const { reader, pids } = await stdoutReader(config, world);
  if (reader.is === "keeper") return collect(config, options, world, { pids, looking: null });
  if (reader.is === "nobody") {
    throw new ConfigError(
      `Cannot deliver: stdout is ${reader.why}, so nobody would keep the lines`,
      {
        code: "no_shipper",
        hint: "To look at lines: mimecast-input poll --peek. To collect: let the shipper start it and read its stdout",
      },
    );
  }
  const { why } = reader;
  const isTerminal = world.terminal || (await hasTerminal(effects.files));
  const message = `Nothing is committed, and the shipper gets these lines again: ${why}`;
  effects.log(isTerminal ? "warn" : "error", message, {
    code: "not_a_shipper",
    hint: isTerminal
      ? "To look at lines: mimecast-input poll --peek"
      : "Let the shipper itself start it and read its stdout, or set handover: drained if what reads keeps every line",
  });
  return look(world, config, (looking) =>
    collect(config, options, looking.world, {
      pids,
      looking: { folder: looking.folder, notice: isTerminal ? null : message },
    }),
  );
}

/** What both `poll` and `peek` do. `pids`: who reads stdout, as far as that is known. */
export async function collect(
  config: Config,
  options: PollOptions,
  world: PollWorld,
  { pids, looking }: { readonly pids: readonly number[]; readonly looking: Looking | null },
): Promise<number> {
  const statusLine = world.statusLine ?? null;
  const effects =
    statusLine === null
      ? world.effects
      : { ...world.effects, log: statusLine.around(world.effects.log) };
  const progress = createProgress(effects, statusLine?.show ?? null);
  const shipper = await findShipper(effects.files, world.parentPid(), pids);
  const { mode, format } = options;
  const endMs = mode === "once" ? effects.now() + config.poll.maxRunMs : Number.POSITIVE_INFINITY;
  const over = mode === "once" ? deadline(config.poll.maxRunMs) : new AbortController().signal;
  const ending = AbortSignal.any([world.signal, over]);
  const opened = await openDelivery(config, { mode, format, endMs }, { ...world, signal: ending });
  const delivery = looking?.wrap?.(opened) ?? opened;
  const { target } = config;
  const stdout = target === null ? effects.stdout.kind : "not used";
  effects.log("debug", "Starting", { mode, stdout, shipper });
  if (!isCertain(shipper) && delivery.safety !== "taken" && looking === null) {
    effects.log("warn", "The shipper is known by its pid only, start times can't be read here", {
      shipper,
    });
  }
  const shipperAlive = async () =>
    target !== null ||
    effects.stdout.kind !== "pipe" ||
    sameShipper(shipper, await findShipper(effects.files, world.parentPid(), pids));
  const chosen = accountsOf(config, options);
  const part = await openFleetPart(config, { mode, chosen, looking, delivery }, world);
  const budgets = part.budgets ?? openBudgets(effects, config);
  const isShared = part.fleet !== null;
  const account = { effects, budgets, delivery, progress, shipper, ...part };
  const plans = part.accounts.map(
    (each): AccountPlan => ({
      name: each.name,
      isShared,
      open: (slot, signal, kept) =>
        openAccount(
          config,
          each,
          { ...options, looking, kept, ...account },
          { ...world, slot, signal },
        ),
      say: (error) => sayOf(config, each, { ...options, ...account }, world.engine, error),
    }),
  );
  if (plans.length === 0) {
    const { shard = config.shard } = options;
    if (isShared) effects.log("info", "No account belongs to this worker now");
    else effects.log("warn", "No account falls to this shard", { shard });
    if (mode === "follow") await idle(effects, world.signal, shipperAlive);
  }
  return run(effects, plans, delivery, {
    mode,
    maxRunMs: config.poll.maxRunMs,
    maxConcurrency: config.poll.maxConcurrency,
    patience: (slot) => lendingPatience(effects, slot),
    signal: world.signal,
    deadline: over,
    shipperAlive,
    ...(looking === null ? {} : { looking }),
    afterRound: async () => {
      if (looking === null) await writeMetrics(config, world);
    },
  })
    .finally(() => part.close(world.signal.aborted))
    .finally(() => opened.close?.());
}

/** Accounts that are named are collected whatever the shard. */
function accountsOf(config: Config, options: PollOptions): readonly AccountConfig[] {
  const { accounts, shard = config.shard } = options;
  const chosen = someAccounts(config, accounts, "poll");
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
