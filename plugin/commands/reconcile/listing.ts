import type { CallKind, RateLimit, RateLimits } from "../../client/budget/rate_limit.ts";
import {
  type Budgets,
  memoryBudget,
  type SharedBudget,
} from "../../client/budget/shared_budget.ts";
import type { MimecastClient } from "../../client/client.ts";
import { createClient } from "../../client/mimecast_client.ts";
import { createMimecastClock } from "../../client/mimecast_clock.ts";
import { countCalls } from "../../client/probe/count_calls.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import type { Effects } from "../../effects.ts";
import { createEngine, type EngineSettings } from "../../encode/engine.ts";
import { ApiError, BudgetError, ConfigError, DecodeError, LinkExpiredError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { accountFolder, reconcileFolder } from "../../state/paths.ts";
import { clientOptions } from "../client_options.ts";
import type { ConfiguredWorld } from "../poll_world.ts";
import { replayStream } from "../replay/replay_stream.ts";
import { type LineFacts, lineFacts } from "./line_facts.ts";
import type { TasksOf, Unlisted } from "./listing_tasks.ts";

/** What listing Mimecast needs of the process. */
export type ListingWorld = ConfiguredWorld &
  Pick<Host, "version" | "signal" | "secrets"> & { readonly budgets: Budgets };

/** How lines are listed. */
export interface ListingOptions {
  readonly feeds: readonly string[];
  readonly format: EngineSettings["format"];
  /** Part of the rate limit that it may use, 0 to 1. */
  readonly share: number;
}

/** What is told of each line. */
export type OnLine = (facts: LineFacts, from: LineOrigin) => Promise<void> | void;

/** Where a line is from. `line` with its "\\n". */
export interface LineOrigin {
  readonly feed: string;
  readonly stream: string;
  readonly line: string;
}

/** How the listing went. */
export interface Listed {
  readonly calls: number;
  /** Feeds that could not be listed, or not to their end. */
  readonly unlisted: readonly Unlisted[];
}

/**
 * Asks Mimecast again and tells each line that a poll would write, by the same sources and engine. Nothing is written, and
 * no position moves.
 */
export async function listMimecast(
  config: Config,
  account: AccountConfig,
  options: ListingOptions,
  tasksOf: TasksOf,
  onLine: OnLine,
  world: ListingWorld,
): Promise<Listed> {
  const { effects, signal } = world;
  const folder = `${reconcileFolder(accountFolder(config.stateDir, account.name))}/tmp`;
  await effects.files.remove(folder);
  await effects.files.makeFolder(folder);
  const spooled: string[] = [];
  const forget = async () => {
    for (const path of spooled.splice(0)) await effects.files.remove(path);
  };
  const credentials = await world.credentials(account);
  const { baseUrl, rateLimits } = account;
  const whole = await world.budgets.of(credentials, baseUrl, rateLimits);
  const budget = partOf(whole, rateLimits, options.share, () => effects.now());
  const clock = createMimecastClock(() => effects.now());
  const wanted = { ...clientOptions(config, account, budget, world), clock };
  const counted = countCalls(createClient(account, credentials, effects, wanted));
  const context = {
    client: patient(counted.client, effects, signal),
    now: () => clock.now(),
    overlapMs: 0,
    spool: async (chunks: AsyncIterable<Uint8Array>) => {
      const path = `${folder}/${effects.randomUUID()}`;
      spooled.push(path);
      return { path, size: await effects.files.spool(path, chunks) };
    },
  };
  const engine = createEngine(world.engine, engineSettings(config, account, options.format));
  const form = { ...config.output, format: options.format };
  const unlisted: Unlisted[] = [];
  try {
    for (const feed of options.feeds) {
      try {
        for (const task of tasksOf(feed, effects.now())) {
          const { source, stream } = task;
          const delivery = reader(async (line) => {
            const facts = lineFacts(line, form);
            if (facts !== null) await onLine(facts, { feed, stream, line: `${line}\n` });
          });
          const log = effects.log;
          const checkStop = () => signal.throwIfAborted();
          const work = { source, stream, context, log, engine, delivery, checkStop };
          await replayStream({ ...work, forgetPage: forget }, task.wanted);
        }
      } catch (error) {
        if (!isUnlistable(error)) throw error;
        unlisted.push({ feed, reason: error.message });
      }
    }
  } finally {
    await forget();
  }
  return { calls: counted.calls.count(), unlisted };
}

/** A delivery that keeps nothing: it reads the lines. */
function reader(onText: (line: string) => Promise<void>): Delivery {
  return {
    safety: "taken",
    accepted: () => 0,
    isWriting: () => false,
    readerWaits: () => false,
    flush: async () => {},
    async write(bytes) {
      for (const line of Buffer.from(bytes).toString("utf8").split("\n")) {
        if (line !== "") await onText(line);
      }
    },
  };
}

/** Where Mimecast does not tell its limit, a call goes so often while less than the others' part of it is left. */
const SPARING_MS = 15_000;

/** Collection goes first: this takes a part only. */
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
  let mostLeft = 0;
  let lastMs = 0;
  /** Of a limit that only the headers of answers tell. */
  const sparing = (kind: CallKind): number => {
    const left = limits[kind] === undefined ? whole.left(kind) : null;
    if (left === null) return 0;
    mostLeft = Math.max(mostLeft, left);
    const elapsedMs = Math.max(0, now() - lastMs);
    return left > mostLeft * (1 - share) ? 0 : Math.max(0, SPARING_MS - elapsedMs);
  };
  return {
    ...whole,
    take(kind) {
      // A call that one of the two refuses is booked by none that comes after it.
      const delayMs = sparing(kind) || (own.left(kind) === 0 ? own.take(kind) : 0);
      if (delayMs > 0) return delayMs;
      const wholeMs = whole.take(kind);
      if (wholeMs > 0) return wholeMs;
      own.take(kind);
      lastMs = now();
      return 0;
    },
  };
}

/** A call that has to wait longer than this for the rate limit fails. */
const LONGEST_WAIT_MS = 3_600_000;

/** A client that waits for its part of the rate limit: nobody waits for the listing. */
function patient(
  client: MimecastClient,
  { sleep, now, log }: Pick<Effects, "sleep" | "now" | "log">,
  signal: AbortSignal,
): MimecastClient {
  async function inTime<T>(ask: () => Promise<T>): Promise<T> {
    const endMs = now() + LONGEST_WAIT_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof BudgetError) || error.untilMs > endMs) throw error;
        const delayMs = Math.max(1, error.untilMs - now());
        log("info", "Waiting for the part of Mimecast's rate limit (--budget)", { delayMs });
        await sleep(delayMs, signal);
      }
    }
  }
  return {
    ...client,
    json: (request) => inTime(() => client.json(request)),
    file: (request) => inTime(() => client.file(request)),
  };
}

/** What concerns one feed: no failure of the listing, but the feed is not compared to its end. */
function isUnlistable(error: unknown): error is Error {
  return (
    (error instanceof ConfigError && ["replay_by_time", "replay_range"].includes(error.code)) ||
    (error instanceof ApiError && error.code === "replay_gone") ||
    error instanceof DecodeError ||
    error instanceof LinkExpiredError
  );
}
