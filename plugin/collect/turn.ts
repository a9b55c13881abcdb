import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import {
  AuthError,
  BudgetError,
  DefectError,
  DeliveryError,
  type KnownError,
  ShipperGoneError,
  StateError,
  StoppedError,
} from "../errors.ts";
import type { Source, SourceContext } from "../sources/source.ts";
import type { Gap } from "../state/checkpoint.ts";
import { errorFields, knownError } from "./defect.ts";
import { say } from "./health.ts";
import type { AccountJob, SourceJob, SourceResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import type { FeedProgress } from "./progress.ts";
import type { Pumped } from "./pump.ts";
import { pumpStream } from "./pump.ts";
import { keepInQuarantine } from "./quarantine.ts";
import { beforePoll, NEW_SOURCE } from "./schedule.ts";
import type { Patience } from "./slots.ts";
import { noteTurn, type Turn, type TurnTaker } from "./turn_end.ts";

/** A source that is not at its end after this lets the next one go first. */
export const SHARE_MS = 60_000;

/** How a turn is taken. */
export interface TurnRules {
  stop(): Stop;
  readonly patience: Patience | undefined;
}

/** `finished` is false where it has more to fetch right now, `answered` where Mimecast gave no answer that brought it on. */
type TurnResult = SourceResult & { readonly finished: boolean; readonly answered: boolean };

/** One turn of a source, at most its share. */
export async function collectSource(
  effects: Effects,
  job: AccountJob,
  each: SourceJob,
  delivery: Delivery,
  rules: TurnRules,
): Promise<TurnResult> {
  const engine = job.engines.borrow();
  const speaker = { name: job.name, engine };
  const result = await workOn({ effects, job, each, delivery, engine, speaker }, rules);
  // One that was left by an exception is not used again: nobody knows its state.
  if (result.error === null || !(result.error instanceof DefectError)) job.engines.giveBack(engine);
  return result;
}

async function workOn(worker: TurnTaker, rules: TurnRules): Promise<TurnResult> {
  const { effects, job, each } = worker;
  const { source } = each;
  const startedMs = effects.now();
  const known = job.ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
  const state = beforePoll(known, startedMs);
  if (state !== known) job.ledger.setSource(source.name, state);
  const turn = await takeTurn(worker, rules, state.resumeAt);
  await noteTurn(worker, state, startedMs, turn);
  const { records, failure, waitUntilMs, resumeAt } = turn;
  if (failure === null) {
    effects.log(records > 0 ? "info" : "debug", "Source collected", {
      account: job.name,
      source: source.name,
      records,
      ms: effects.now() - startedMs,
      finished: resumeAt === null,
      ...(waitUntilMs === null ? {} : { rateLimitedUntil: new Date(waitUntilMs).toISOString() }),
    });
  }
  if (resumeAt === null) job.progress?.end(job.name, source.name);
  const finished = resumeAt === null || failure !== null || waitUntilMs !== null;
  return { source: source.name, records, error: failure, finished, answered: turn.answered };
}

/** Asks stream after stream. */
async function takeTurn(
  worker: TurnTaker,
  { stop, patience }: TurnRules,
  first: string | undefined,
): Promise<Turn> {
  const { effects, job, each } = worker;
  const endMs = effects.now() + SHARE_MS;
  // However long Mimecast takes to answer, each turn brings the feed on, until the deadline of the run.
  let hasMoved = false;
  const callsLeft = () => job.callsLeft?.(each.source) ?? null;
  const told = job.progress?.turn(job.name, each.source.name, callsLeft);
  const progress: FeedProgress = {
    took(records) {
      hasMoved = true;
      told?.took(records);
    },
    page(coveredUntilMs) {
      hasMoved = true;
      told?.page(coveredUntilMs);
    },
  };
  const turnStop = (): Stop => {
    const wanted = stop();
    if (!hasMoved && wanted !== "now") return "no";
    return wanted === "no" && effects.now() >= endMs ? "item" : wanted;
  };
  const turn: Turn = {
    records: 0,
    filtered: 0,
    resumeAt: null,
    coveredUntilMs: null,
    failure: null,
    waitUntilMs: null,
    stopped: null,
    answered: false,
  };
  for (const stream of streamsFrom(each.source, first)) {
    if (turnStop() !== "no") {
      turn.resumeAt ??= stream;
      break;
    }
    try {
      const pumped = await collectStream(worker, stream, { stop: turnStop, patience }, progress);
      turn.records += pumped.records;
      turn.filtered += pumped.filtered;
      if (pumped.finished) turn.answered = true;
      else turn.resumeAt ??= stream;
      turn.coveredUntilMs = earlier(turn.coveredUntilMs, pumped.coveredUntilMs);
    } catch (error) {
      if (isFatal(error)) throw error;
      // The signal that ends the run has ended the request too.
      const isStopped = stop() === "now" || error instanceof StoppedError;
      if (isStopped || error instanceof BudgetError) {
        turn.resumeAt ??= stream;
        if (error instanceof StoppedError) turn.stopped = error;
        else if (!isStopped && error instanceof BudgetError) turn.waitUntilMs = error.untilMs;
        break;
      }
      const failure = knownError(error);
      turn.failure ??= failure;
      logFailure(effects, job, each.source, stream, failure);
      if (failure instanceof AuthError) break;
    }
  }
  turn.answered ||= hasMoved;
  return turn;
}

/** All streams of a source, beginning with the one that the last turn did not get to the end of. */
function streamsFrom(source: Source, first: string | undefined): readonly string[] {
  const at = first === undefined ? -1 : source.streams.indexOf(first);
  return at < 0 ? source.streams : [...source.streams.slice(at), ...source.streams.slice(0, at)];
}

async function collectStream(
  { effects, job, each, delivery, engine, speaker }: TurnTaker,
  stream: string,
  { stop, patience }: TurnRules,
  progress: FeedProgress,
): Promise<Pumped> {
  const { source } = each;
  const { ledger } = job;
  const { failures } = ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
  if (ledger.position(stream) === undefined) {
    // By Mimecast's clock, where another feed knows it: else what is older than Mimecast gives would be a gap.
    const { clock } = job;
    const beginMs = each.startMs - Math.max(0, clock?.aheadMs() ?? 0);
    const cursor = source.start(stream, beginMs, (clock ?? effects).now());
    await ledger.begin(stream, { cursor, done: [], taken: null });
  }
  let temporary: readonly string[] = [];
  const forgetPage = async () => {
    for (const path of temporary) await effects.files.remove(path);
    temporary = [];
  };
  const context: SourceContext = {
    client: failures > 0 ? (job.probe ?? job.client) : job.client,
    now: () => (job.clock ?? effects).now(),
    overlapMs: each.overlapMs,
    async spool(chunks) {
      const path = `${job.folder}/tmp/${effects.randomUUID()}`;
      temporary = [...temporary, path];
      return { path, size: await effects.files.spool(path, chunks) };
    },
  };
  const tellGap = async (gap: Gap) => {
    const { item, reason, file } = gap;
    effects.log("error", "Data could not be collected, the gap is recorded", {
      account: job.name,
      stream,
      item,
      reason,
      file,
    });
    const what = item === "" ? "" : `, ${JSON.stringify(item)}`;
    const message = `Gap in ${stream}${what}: ${reason}`;
    await say(effects, speaker, delivery, { status: "error", endpoint: source.name, message });
  };
  try {
    return await pumpStream(
      {
        source,
        context,
        ledger,
        engine,
        delivery,
        quarantineAfter: job.quarantineAfter,
        log: (level, message, fields) =>
          effects.log(level, message, { account: job.name, ...fields }),
        patience,
        progress,
        stop,
        forgetPage,
        async giveUp(_stream, item, cause) {
          const cursor = ledger.position(stream)?.cursor ?? null;
          const file = await keepInQuarantine(effects, job.folder, { stream, cursor }, item);
          const gap: Gap = {
            stream,
            item: item.key,
            atMs: effects.now(),
            reason: cause.message,
            cursor: source.replay?.again(cursor) ?? cursor,
            file,
          };
          await tellGap(gap);
          return gap;
        },
        async gap(_stream, reason) {
          const cursor = ledger.position(stream)?.cursor ?? null;
          const gap = { stream, item: "", atMs: effects.now(), reason, cursor, file: null };
          if (ledger.addGap(gap)) await tellGap(gap);
        },
      },
      stream,
    );
  } finally {
    await forgetPage();
  }
}

/** What would meet every other source too. */
function isFatal(error: unknown): boolean {
  return (
    error instanceof ShipperGoneError ||
    error instanceof StateError ||
    error instanceof DeliveryError
  );
}

function logFailure(
  effects: Effects,
  job: AccountJob,
  source: Source,
  stream: string,
  error: KnownError,
): void {
  const needs =
    error.code === "forbidden" ? { permission: source.permission, product: source.product } : {};
  effects.log("error", error.message, {
    account: job.name,
    source: source.name,
    stream,
    ...errorFields(error),
    ...needs,
  });
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
