import type { Budgets } from "../../client/budget/shared_budget.ts";
import type { AccountPlan } from "../../collect/account_plan.ts";
import { deadline } from "../../collect/deadline.ts";
import { createProgress } from "../../collect/progress.ts";
import { run } from "../../collect/run.ts";
import { lendingPatience } from "../../collect/slots.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { openDelivery } from "../../deliver/open_delivery.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError, type KnownError } from "../../errors.ts";
import {
  findShipper,
  hasTerminal,
  isCertain,
  type Shipper,
  sameShipper,
} from "../../state/shipper.ts";
import { stdoutReader } from "../../state/stdout_reader.ts";
import { openBudgets } from "../client_options.ts";
import { type Looking, look } from "../looking_world.ts";
import { openAccount, type RunParts, sayOf } from "../open_account.ts";
import type { PollOptions, PollWorld } from "../poll_world.ts";
import { type Beside, reconcileBeside } from "../reconcile/reconcile_beside.ts";
import { openFleetPart } from "./fleet_part.ts";
import { accountsOf, type Loaded, loadAll } from "./loaded.ts";
import { pagesOf } from "./pages.ts";
import { reloads } from "./reload.ts";
import { type MetricsWorld, writeMetrics } from "./write_metrics.ts";

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
  const log = statusLine?.around(world.effects.log) ?? world.effects.log;
  const effects = { ...world.effects, log };
  const progress = createProgress(effects, statusLine?.show ?? null);
  const shipper = await findShipper(effects.files, world.parentPid(), pids);
  const { mode, format } = options;
  const reload = looking === null && mode === "follow" ? (world.reload ?? null) : null;
  const first = reload === null ? null : await loadAll(reload.host, config, options, true);
  const endMs = mode === "once" ? effects.now() + config.poll.maxRunMs : Number.POSITIVE_INFINITY;
  const over = mode === "once" ? deadline(config.poll.maxRunMs) : new AbortController().signal;
  const signal = AbortSignal.any([world.signal, over]);
  // A new configuration may bring other secrets of the same way.
  const shipperWay = first?.shipper == null ? null : { ...first.shipper };
  const way = shipperWay === null ? {} : { shipperHttp: async () => shipperWay };
  const opened = await openDelivery(config, { mode, format, endMs }, { ...world, ...way, signal });
  const delivery = looking?.wrap?.(opened) ?? opened;
  const { target } = config;
  effects.log("debug", "Starting", { mode, to: target?.kind ?? effects.stdout.kind, shipper });
  if (delivery.safety !== "taken" && looking === null) warnOfUncertain(effects, shipper);
  const shipperAlive = async () =>
    target !== null ||
    effects.stdout.kind !== "pipe" ||
    sameShipper(shipper, await findShipper(effects.files, world.parentPid(), pids));
  const chosen = first?.accounts ?? accountsOf(config, options);
  const say = (account: AccountConfig, error: KnownError) =>
    sayOf(config, account, { ...options, effects, delivery }, world.engine, error);
  const part = await openFleetPart(config, { mode, chosen, looking, delivery, say }, world);
  const budgets = part.budgets ?? openBudgets(effects, config);
  const parts = { ...options, effects, delivery, progress, shipper, looking, ...part, budgets };
  const held = new Set<string>();
  let inUse: Configured = { config, accounts: part.accounts, keys: first?.keys ?? null };
  const take = (next: Loaded): readonly AccountPlan[] => {
    inUse = next;
    if (shipperWay !== null) Object.assign(shipperWay, next.shipper);
    const { credentials } = next.world;
    const { fetch } = next.world.effects;
    const own = { ...parts, effects: { ...effects, fetch } };
    return plansOf(next, own, held, { ...world, credentials });
  };
  const ended = new AbortController();
  const running = { inUse: () => inUse, held, format, canFollow: mode === "follow" && !looking };
  const beside = await startBeside(running, delivery, { ...world, ...parts }, ended.signal);
  return run(effects, plansOf(inUse, parts, held, world), delivery, {
    mode,
    maxRunMs: config.poll.maxRunMs,
    maxConcurrency: config.poll.maxConcurrency,
    patience: (slot) => lendingPatience(effects, slot),
    signal: world.signal,
    deadline: over,
    shipperAlive,
    ...(looking === null ? {} : { looking }),
    ...(reload === null || first === null
      ? {}
      : { changes: (until) => reloads(effects, reload, options, first, take, until) }),
    afterRound: async () => {
      if (looking === null) await writeMetrics(inUse.config, { ...world, fleet: part.fleet });
    },
  })
    .finally(() => ended.abort())
    .finally(() => beside.reconciling)
    .finally(() => part.close(world.signal.aborted))
    .finally(() => opened.close?.());
}

async function answerHttp(
  at: Config["httpServer"],
  inUse: () => Configured,
  world: MetricsWorld,
  until: AbortSignal,
): Promise<void> {
  if (at === null) return;
  const { serveHttp } = await import("../../host/http_server.ts");
  // The accounts of this process, as the command line, shard or fleet says.
  const ofProcess = () => ({ ...inUse().config, accounts: inUse().accounts, shard: null });
  void serveHttp(world.effects, at, pagesOf(ofProcess, world), until);
}

/** A configuration with its accounts. `keys`: null where it cannot change. */
interface Configured extends Pick<Loaded, "config" | "accounts"> {
  readonly keys: Loaded["keys"] | null;
}

/** What `--follow` does beside collecting, until `ended`. */
async function startBeside(
  running: Omit<Beside, "config"> & { readonly canFollow: boolean; inUse(): Configured },
  delivery: Delivery,
  world: PollWorld & { readonly budgets: Budgets },
  ended: AbortSignal,
): Promise<{ readonly reconciling: Promise<void> | null }> {
  const { inUse, canFollow } = running;
  if (!canFollow) return { reconciling: null };
  await answerHttp(inUse().config.httpServer, inUse, world, ended);
  const config = () => inUse().config;
  const signal = AbortSignal.any([world.signal, ended]);
  return { reconciling: reconcileBeside({ ...running, config }, delivery, { ...world, signal }) };
}

function warnOfUncertain({ log }: Effects, shipper: Shipper): void {
  if (isCertain(shipper)) return;
  log("warn", "The shipper is known by its pid only, start times can't be read here", { shipper });
}

/** `held` has the names of the accounts that are open. */
function plansOf(
  { config, accounts, keys }: Configured,
  parts: Omit<RunParts, "kept"> & Pick<PollOptions, "shard">,
  held: Set<string>,
  world: PollWorld,
): readonly AccountPlan[] {
  const { effects, fleet } = parts;
  const isShared = fleet !== null;
  if (accounts.length === 0) {
    const { shard = config.shard } = parts;
    if (isShared) effects.log("debug", "No account belongs to this worker now");
    else effects.log("warn", "No account falls to this shard", { shard });
  }
  return accounts.map((account): AccountPlan => {
    const key = keys?.get(account.name);
    return {
      name: account.name,
      isShared,
      ...(key === undefined ? {} : { key }),
      open: (slot, signal, kept) => {
        const own = { ...world, slot, signal };
        return holding(held, account.name, openAccount(config, account, { ...parts, kept }, own));
      },
      say: (error) => sayOf(config, account, parts, world.engine, error),
    };
  });
}

async function holding(
  held: Set<string>,
  name: string,
  opening: ReturnType<AccountPlan["open"]>,
): ReturnType<AccountPlan["open"]> {
  const opened = await opening;
  held.add(name);
  const release = () => {
    held.delete(name);
    opened.release();
  };
  return { ...opened, release };
}
