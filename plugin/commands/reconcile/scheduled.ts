import { errorFields, knownError } from "../../collect/defect.ts";
import { type Health, say } from "../../collect/health.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import type { QradarConsole, ReconcileSchedule } from "../../config/qradar_console.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { createEngine } from "../../encode/engine.ts";
import { ConfigError, DeliveryError, EXIT, ShipperGoneError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { accountFolder } from "../../state/paths.ts";
import { type LastReconciled, readReconciled, writeReconciled } from "../../state/reconciled.ts";
import { isoSecond } from "../../text/iso_time.ts";
import { openConsole } from "../qradar_console.ts";
import { type ReconcilingWorld, reconcileAccount } from "./reconcile_account.ts";
import { SETTLED_MS, type Stretch } from "./stretch.ts";
import { type Reconciled, reconciledText, verdict } from "./text.ts";
import { eventsAtQradar } from "./uids_at_qradar.ts";

/** What a reconciliation by schedule needs of the process. */
export type ScheduledWorld = ReconcilingWorld & Pick<Host, "qradar">;

/** Longer than any feed is kept by Mimecast that deletes its records within days. */
const LONGEST_MS = 7 * 86_400_000;
const SEARCH_MS = 900_000;
/** One that failed, on a console that was away or a token that was refused, is tried again so much later. */
const FAILED_MS = 3_600_000;

/** True where `qradar.reconcile` says that an account is to be reconciled now. */
export async function isReconcileDue(
  config: Config,
  account: AccountConfig,
  { effects }: Pick<ScheduledWorld, "effects">,
): Promise<boolean> {
  const last = await readReconciled(effects.files, accountFolder(config.stateDir, account.name));
  if (last === null) return true;
  const { everyMs } = scheduleOf(config);
  const afterMs = last.verdict === "failed" ? Math.min(everyMs, FAILED_MS) : everyMs;
  // Math.abs: a clock that was set back must not put it off.
  return Math.abs(effects.now() - last.atMs) >= afterMs;
}

/**
 * Reconciles an account as `qradar.reconcile` says, keeps how it ended, and tells QRadar by a health event on `delivery`. Returns
 * the exit code. Throws only what ends the program: a request to stop, an output that is gone.
 */
export async function reconcileScheduled(
  config: Config,
  account: AccountConfig,
  delivery: Delivery,
  world: ScheduledWorld,
): Promise<number> {
  const { effects, signal } = world;
  const folder = accountFolder(config.stateDir, account.name);
  const before = await readReconciled(effects.files, folder);
  const stretch = stretchOf(scheduleOf(config), before, effects.now());
  let result: Reconciled | null = null;
  let failure: Error | null = null;
  try {
    result = await reconcileOnce(config, account, stretch, delivery, world);
  } catch (reason) {
    const error = knownError(reason);
    if (signal.aborted || error.code === "lock_held" || isOutputGone(error)) throw reason;
    effects.log("error", error.message, { account: account.name, ...errorFields(error) });
    failure = error;
  }
  const last = lastOf(result, failure, stretch, before, effects.now());
  if (result !== null) {
    const level = last.verdict === "complete" ? "info" : "warn";
    for (const line of reconciledText(result, false).trimEnd().split("\n"))
      effects.log(level, line, { account: account.name });
  }
  await writeReconciled(effects.files, folder, last);
  const engine = createEngine(world.engine, engineSettings(config, account));
  await say(effects, { name: account.name, engine }, delivery, healthOf(last, effects.now()));
  await delivery.flush();
  return { ...EXITS, failed: EXIT.temporary }[last.verdict];
}

/** Of the verdict of a reconciliation. */
export const EXITS = {
  complete: EXIT.ok,
  incomplete: EXIT.partial,
  undecided: EXIT.temporary,
} as const;

async function reconcileOnce(
  config: Config,
  account: AccountConfig,
  stretch: Stretch,
  delivery: Delivery,
  world: ScheduledWorld,
): Promise<Reconciled> {
  const { effects, signal } = world;
  const { heal, share, waitMs } = scheduleOf(config);
  const way = await world.qradar(consoleOf(config), config);
  const console = await openConsole(way, effects, signal);
  const events = await eventsAtQradar(console, account.hostname, effects, signal, SEARCH_MS);
  const job = {
    stretch,
    feeds: account.sources.map(({ name }) => name),
    elsewhere: { kind: "console", events } as const,
    healing: heal ? delivery : null,
    share,
    waitMs,
  };
  return reconcileAccount(config, account, job, world);
}

/** From where everything was last shown to be complete, and at least as far back as `since`. */
function stretchOf(
  { sinceMs }: ReconcileSchedule,
  before: LastReconciled | null,
  nowMs: number,
): Stretch {
  const sinceOf = before?.completeUntilMs ?? nowMs;
  const fromMs = Math.max(Math.min(nowMs - sinceMs, sinceOf), nowMs - LONGEST_MS);
  return { fromMs, toMs: nowMs - SETTLED_MS };
}

function lastOf(
  result: Reconciled | null,
  failure: Error | null,
  { fromMs, toMs }: Stretch,
  before: LastReconciled | null,
  nowMs: number,
): LastReconciled {
  const completeUntilMs = before?.completeUntilMs ?? null;
  const known = { atMs: nowMs, fromMs, toMs, completeUntilMs };
  const [from, to] = [isoSecond(fromMs), isoSecond(toMs)];
  if (result === null) {
    const message = `Cannot reconcile: ${failure?.message ?? "no result"}`;
    return { ...known, verdict: "failed", records: 0, missing: 0, healed: 0, message };
  }
  const found = verdict(result);
  const records = result.hours.reduce((sum, { atMimecast }) => sum + atMimecast, 0);
  const { missingCount: missing, pendingCount, unlisted, healed } = result;
  const count = { records, missing, healed: healed ?? 0 };
  const sent = count.healed === 0 ? "" : `, ${count.healed} sent again`;
  if (found === "complete") {
    const message = `QRadar has all ${records} records from ${from} to ${to}${sent}`;
    return { ...known, ...count, verdict: found, completeUntilMs: toMs, message };
  }
  const parts = [
    `QRadar lacks ${missing} of ${records} records from ${from} to ${to}${sent}`,
    ...(pendingCount === 0 ? [] : [`${pendingCount} are not collected yet`]),
    ...unlisted.map(({ feed, reason }) => `${feed} not compared: ${reason}`),
  ];
  return { ...known, ...count, verdict: found, message: parts.join("; ") };
}

function healthOf(last: LastReconciled, nowMs: number): Health {
  const { verdict: found, message, completeUntilMs } = last;
  const known = {
    endpoint: "reconcile",
    message,
    ...(completeUntilMs === null
      ? {}
      : { lagSeconds: Math.max(0, Math.round((nowMs - completeUntilMs) / 1000)) }),
  };
  if (found === "failed") return { ...known, status: "error" };
  if (found === "complete") return { ...known, status: "complete", events: last.records };
  return { ...known, status: "incomplete", events: last.missing };
}

/** True for an output that is gone: nothing more can be delivered. */
export function isOutputGone(error: Error): boolean {
  return error instanceof DeliveryError || error instanceof ShipperGoneError;
}

function consoleOf({ qradar }: Pick<Config, "qradar">): QradarConsole {
  if (qradar !== null) return qradar;
  throw noSchedule();
}

function scheduleOf({ qradar }: Pick<Config, "qradar">): ReconcileSchedule {
  const { reconcile = null } = qradar ?? {};
  if (reconcile !== null) return reconcile;
  throw noSchedule();
}

function noSchedule(): ConfigError {
  return new ConfigError(
    "Cannot reconcile by schedule: the configuration has no qradar.reconcile",
    {
      code: "reconcile_schedule",
      hint: "Add qradar: { console: https://…, token: { file: … }, reconcile: { since: 24h } }",
    },
  );
}
