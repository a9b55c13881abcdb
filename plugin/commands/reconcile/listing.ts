import type { CallKind, RateLimit, RateLimits } from "../../client/budget/rate_limit.ts";
import { memoryBudget, type SharedBudget } from "../../client/budget/shared_budget.ts";
import { createClient } from "../../client/mimecast_client.ts";
import { createMimecastClock } from "../../client/mimecast_clock.ts";
import { countCalls } from "../../client/probe/count_calls.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { createEngine, type EngineSettings } from "../../encode/engine.ts";
import { ApiError, ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { accountFolder } from "../../state/paths.ts";
import { clientOptions, openBudgets } from "../client_options.ts";
import type { ConfiguredWorld } from "../poll_world.ts";
import { replayStream } from "../replay/replay_stream.ts";
import { type ReplayTask, rangeTasks } from "../replay/tasks.ts";
import { type LineFacts, lineFacts } from "./line_facts.ts";

/** What listing Mimecast needs of the process. */
export type ListingWorld = ConfiguredWorld & Pick<Host, "version" | "signal" | "secrets">;

/** A stretch of device time: `fromMs` ≤ time < `toMs`, ms since 1970. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is told of each line. `line` with its "\\n". */
export type OnLine = (facts: LineFacts, feed: string, line: string) => Promise<void> | void;

/** How the listing went. */
export interface Listed {
  readonly calls: number;
  /** Feeds that Mimecast does not give again by time, with the reason. */
  readonly unlisted: readonly { readonly feed: string; readonly reason: string }[];
}

/**
 * Asks Mimecast again for every record of the stretch and tells each line that a poll would write, by the same sources
 * and engine. Nothing is written, and no position moves.
 */
export async function listMimecast(
  config: Config,
  account: AccountConfig,
  asked: Stretch & {
    readonly feeds: readonly string[];
    readonly format: EngineSettings["format"];
    /** Part of the rate limit that it may use, 0 to 1. */
    readonly share: number;
  },
  onLine: OnLine,
  world: ListingWorld,
): Promise<Listed> {
  const { effects, signal } = world;
  const folder = `${accountFolder(config.stateDir, account.name)}/replay`;
  for (const each of [config.stateDir, accountFolder(config.stateDir, account.name), folder]) {
    await effects.files.makeFolder(each);
  }
  const spooled: string[] = [];
  const forget = async () => {
    for (const path of spooled.splice(0)) await effects.files.remove(path);
  };
  const credentials = await world.credentials(account);
  const { baseUrl, rateLimits } = account;
  const whole = await openBudgets(effects, config).of(credentials, baseUrl, rateLimits);
  const budget = partOf(whole, rateLimits, asked.share, () => effects.now());
  const clock = createMimecastClock(() => effects.now());
  const wanted = { ...clientOptions(config, account, budget, world), clock };
  const { client, calls } = countCalls(createClient(account, credentials, effects, wanted));
  const engine = createEngine(world.engine, engineSettings(config, account, asked.format));
  const form = { ...config.output, format: asked.format };
  const unlisted: { feed: string; reason: string }[] = [];
  const lister = (feed: string): Delivery => ({
    safety: "taken",
    accepted: () => 0,
    isWriting: () => false,
    readerWaits: () => false,
    flush: async () => {},
    async write(bytes) {
      for (const line of Buffer.from(bytes).toString("utf8").split("\n")) {
        const facts = line === "" ? null : lineFacts(line, form);
        if (facts === null || facts.timeMs < asked.fromMs || facts.timeMs >= asked.toMs) continue;
        await onLine(facts, feed, `${line}\n`);
      }
    },
  });
  try {
    for (const feed of asked.feeds) {
      try {
        for (const task of tasksOf(account, feed, asked, effects.now())) {
          const work = {
            source: task.source,
            stream: task.stream,
            context: {
              client,
              now: () => clock.now(),
              overlapMs: 0,
              spool: async (chunks: AsyncIterable<Uint8Array>) => {
                const path = `${folder}/${effects.randomUUID()}`;
                spooled.push(path);
                return { path, size: await effects.files.spool(path, chunks) };
              },
            },
            log: effects.log,
            engine,
            delivery: lister(feed),
            checkStop: () => signal.throwIfAborted(),
            forgetPage: forget,
          };
          await replayStream(work, task.wanted);
        }
      } catch (error) {
        if (!isUnlistable(error)) throw error;
        unlisted.push({ feed, reason: error.message });
      }
    }
  } finally {
    await forget();
  }
  return { calls: calls.count(), unlisted };
}

/** Collection goes first: of the limits that are known, this takes a part only. */
function partOf(
  whole: SharedBudget,
  limits: RateLimits,
  share: number,
  now: () => number,
): SharedBudget {
  const entries = Object.entries(limits) as [CallKind, RateLimit][];
  const own = memoryBudget(
    now,
    Object.fromEntries(
      entries.map(([kind, { calls, perMs }]) => [
        kind,
        { calls: Math.max(1, Math.floor(calls * share)), perMs },
      ]),
    ),
  );
  return { ...whole, take: (kind) => own.take(kind) || whole.take(kind) };
}

function tasksOf(
  account: AccountConfig,
  feed: string,
  { fromMs, toMs }: Stretch,
  nowMs: number,
): ReplayTask[] {
  const text = (ms: number) => new Date(ms).toISOString();
  const asked = { source: feed, from: text(fromMs), to: text(Math.min(toMs, nowMs)) };
  return rangeTasks(account, asked, nowMs);
}

/** Mimecast can't give this feed again for this stretch: no failure of the listing. */
function isUnlistable(error: unknown): error is ConfigError | ApiError {
  return (
    (error instanceof ConfigError && ["replay_by_time", "replay_range"].includes(error.code)) ||
    (error instanceof ApiError && error.code === "replay_gone")
  );
}
