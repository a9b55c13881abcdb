import { createClient } from "../../client/mimecast_client.ts";
import { createMimecastClock } from "../../client/mimecast_clock.ts";
import { countCalls } from "../../client/probe/count_calls.ts";
import { exitCode } from "../../collect/run.ts";
import { createSpool } from "../../collect/spool.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import { openDelivery } from "../../deliver/open_delivery.ts";
import type { EngineSettings } from "../../encode/engine.ts";
import { createEngine } from "../../encode/engine.ts";
import { ConfigError, EXIT, isKnownError, ShipperGoneError, StateError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { sourcesOfAllModes } from "../../sources/registry.ts";
import type { Gap } from "../../state/checkpoint.ts";
import { checkpointFile } from "../../state/checkpoint_file.ts";
import { markRedone } from "../../state/mark_redone.ts";
import { accountFolder, lockPath } from "../../state/paths.ts";
import { patientLock } from "../../state/patient_lock.ts";
import { accountNamed, onlyAccount } from "../account_named.ts";
import { clientOptions, openBudgets } from "../client_options.ts";
import type { ConfiguredWorld } from "../poll_world.ts";
import { type GapReport, gapReports } from "./gap_report.ts";
import { type Replayed, type ReplayWork, replayStream, type Wanted } from "./replay_stream.ts";
import { gapTask, type ReplayTask, rangeTasks } from "./tasks.ts";
import { gapTable, planText, planValue } from "./text.ts";

/** The command line of `replay`, read. */
export interface ReplayOptions {
  readonly list: boolean;
  readonly json: boolean;
  readonly account?: string;
  readonly gap?: number;
  readonly file?: string;
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun: boolean;
  readonly format?: EngineSettings["format"];
}

/** What `replay` needs of the process: what `poll` does, the screen, and files that the command line names. */
export interface ReplayCommandWorld
  extends ConfiguredWorld,
    Pick<Host, "version" | "parentPid" | "signal" | "secrets" | "lock" | "screen" | "openInput"> {}

/** Lists gaps, or re-does one of them or a stretch of time. Returns the exit code. */
export async function replay(
  config: Config,
  options: ReplayOptions,
  world: ReplayCommandWorld,
): Promise<number> {
  if (options.list) return list(config, options, world);
  const account = onlyAccount(config, options.account, "replay");
  const gap =
    options.gap === undefined ? null : await gapNumbered(config, account, options.gap, world);
  try {
    return await redo(config, account, gap, options, world);
  } catch (error) {
    if (world.signal.aborted && error === world.signal.reason) {
      world.effects.log("warn", "Stopped before the end; start it again for all of it", {
        account: account.name,
      });
      return EXIT.temporary;
    }
    // A wrong command line and a closed stdout are told by main.ts.
    const isForMain = error instanceof ConfigError || error instanceof ShipperGoneError;
    if (!isKnownError(error) || isForMain) throw error;
    const { code, hint } = error;
    world.effects.log("error", error.message, { account: account.name, code, hint });
    return exitCode([[error]]);
  }
}

async function list(
  config: Config,
  options: ReplayOptions,
  world: ReplayCommandWorld,
): Promise<number> {
  const accounts =
    options.account === undefined
      ? config.accounts
      : [accountNamed(config, options.account, "replay")];
  const reports: GapReport[] = [];
  for (const account of accounts) {
    const folder = accountFolder(config.stateDir, account.name);
    const stored = await checkpointFile(world.effects.files, folder).read(
      account.name,
      account.api,
    );
    reports.push(...gapReports(stored, folder, sourcesOfAllModes(account.api)));
  }
  const { screen } = world;
  await screen.write(
    options.json
      ? `${JSON.stringify({ gaps: reports })}\n`
      : gapTable(reports, screen.color, screen.columns),
  );
  return EXIT.ok;
}

/** Re-does the tasks of the command line, one stream after the other. */
async function redo(
  config: Config,
  account: AccountConfig,
  gap: Gap | null,
  options: ReplayOptions,
  world: ReplayCommandWorld,
): Promise<number> {
  const { effects, signal } = world;
  const folder = accountFolder(config.stateDir, account.name);
  const tasks =
    gap === null ? rangeTasks(account, options, effects.now()) : [gapTask(account, gap)];
  await effects.files.makeFolder(config.stateDir);
  await effects.files.makeFolder(folder);
  await effects.files.checkFolder(folder);
  await effects.files.makeFolder(`${folder}/replay`);
  const { spool, forget } = createSpool(effects, `${folder}/replay`);
  try {
    const credentials = await world.credentials(account);
    const budgets = openBudgets(effects, config);
    const budget = await budgets.of(credentials, account.baseUrl, account.rateLimits);
    const clock = createMimecastClock(() => effects.now());
    const wanted = { ...clientOptions(config, account, budget, world), clock };
    const { client, calls } = countCalls(createClient(account, credentials, effects, wanted));
    const delivery = options.dryRun
      ? null
      : await openDelivery(
          config,
          { mode: "once", format: options.format, endMs: Number.POSITIVE_INFINITY },
          world,
        );
    const engine = createEngine(world.engine, engineSettings(config, account, options.format));
    for (const task of tasks) {
      const target = await withFile(task.wanted, options.file, spool, world);
      const work: ReplayWork = {
        source: task.source,
        stream: task.stream,
        context: { client, now: () => clock.now(), overlapMs: 0, spool },
        log: effects.log,
        engine,
        delivery,
        checkStop: () => signal.throwIfAborted(),
        forgetPage: forget,
      };
      calls.reset();
      const replayed = await replayStream(work, target);
      await tell(task, target, replayed, calls.count(), options, world);
    }
    await delivery?.flush();
    await delivery?.close?.();
  } finally {
    await forget();
  }
  if (gap !== null && !options.dryRun) await mark(config, account, gap, world);
  return EXIT.ok;
}

async function tell(
  task: ReplayTask,
  wanted: Wanted,
  replayed: Replayed,
  calls: number,
  options: ReplayOptions,
  world: ReplayCommandWorld,
): Promise<void> {
  const { stream, source, keptUntilMs } = task;
  if (options.dryRun) {
    const plan = { stream, endpoint: source.endpoint, calls, replayed, keptUntilMs, wanted };
    await world.screen.write(
      options.json ? `${JSON.stringify(planValue(plan))}\n` : planText(plan),
    );
    return;
  }
  const { pages, ...rest } = replayed;
  world.effects.log("info", "Replayed", { stream, calls, pages, ...rest });
}

/** A local file takes the place of what Mimecast would be asked for. */
async function withFile(
  wanted: Wanted,
  file: string | undefined,
  spool: (chunks: AsyncIterable<Uint8Array>) => Promise<{ path: string; size: number }>,
  world: ReplayCommandWorld,
): Promise<Wanted> {
  if (file === undefined) return wanted;
  const { path, size } = await spool(world.openInput(file));
  return { kind: "file", path, sizeBytes: size };
}

async function gapNumbered(
  config: Config,
  account: AccountConfig,
  number: number,
  world: ReplayCommandWorld,
): Promise<Gap> {
  const folder = accountFolder(config.stateDir, account.name);
  const { gaps } = await checkpointFile(world.effects.files, folder).read(
    account.name,
    account.api,
  );
  const gap = gaps[number - 1];
  if (gap !== undefined) return gap;
  const has = gaps.length === 0 ? "no gaps" : gaps.length === 1 ? "one gap" : `${gaps.length} gaps`;
  throw new ConfigError(`Cannot replay gap ${number} of "${account.name}": it has ${has}`, {
    code: "unknown_gap",
    hint: "mimecast-input replay --list shows the gaps",
  });
}

/** Under the account's lock. A poll that follows holds it for ever: the gap then stays listed as open. */
async function mark(
  config: Config,
  account: AccountConfig,
  gap: Gap,
  world: ReplayCommandWorld,
): Promise<void> {
  const { effects } = world;
  const folder = accountFolder(config.stateDir, account.name);
  try {
    const what = `account "${account.name}"`;
    const { release } = await patientLock(world, effects, lockPath(folder), what);
    try {
      await markRedone(effects.files, folder, account.name, account.api, gap, effects.now());
    } finally {
      release();
    }
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== "lock_held") throw error;
    effects.log("warn", "The gap was re-done, but stays listed as open: a poll holds the account", {
      account: account.name,
      code: error.code,
    });
  }
}
