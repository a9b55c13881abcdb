import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { DefectError, type KnownError } from "../errors.ts";
import type { Source } from "../sources/source.ts";
import { consequenceOf } from "./consequence.ts";
import { errorFields } from "./defect.ts";
import type { AccountJob, SourceJob, TurnResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import type { FeedProgress } from "./progress.ts";
import { SHARE_MS } from "./round.ts";
import { beforePoll, NEW_SOURCE } from "./schedule.ts";
import type { Patience } from "./slots.ts";
import { collectStream } from "./stream.ts";
import { noteTurn, type TurnTaker } from "./turn_end.ts";
import { afterError, afterStream, leftAt, NEW_TURN, type Turn } from "./turn_tally.ts";

/** How a turn is taken. */
export interface TurnRules {
  stop(): Stop;
  readonly patience: Patience | undefined;
}

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
  // After an exception nobody knows its state, so it is not used again.
  if (result.error === null || !(result.error instanceof DefectError)) job.engines.giveBack(engine);
  return result;
}

async function workOn(taker: TurnTaker, rules: TurnRules): Promise<TurnResult> {
  const { effects, job, each } = taker;
  const { source } = each;
  const startedMs = effects.now();
  const known = job.ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
  const state = beforePoll(known, startedMs);
  if (state !== known) job.ledger.setSource(source.name, state);
  const turn = await takeTurn(taker, rules, state.resumeAt);
  await noteTurn(taker, state, startedMs, turn);
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
  taker: TurnTaker,
  { stop, patience }: TurnRules,
  first: string | undefined,
): Promise<Turn> {
  const { effects, job, each } = taker;
  const endMs = effects.now() + SHARE_MS;
  // However long Mimecast takes to answer, each turn brings the feed on, until the deadline of the run.
  let hasMoved = false;
  const callsLeft = () => job.callsLeft?.(each.source) ?? null;
  const told = job.progress?.turn(job.name, each.source.name, callsLeft);
  const sum = { records: 0, filtered: 0 };
  const progress: FeedProgress = {
    took(records, filtered) {
      // What an earlier run had taken, and this one skips, is no progress.
      hasMoved ||= records > 0;
      sum.records += records - filtered;
      sum.filtered += filtered;
      told?.took(records, filtered);
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
  let turn = NEW_TURN;
  for (const stream of streamsFrom(each.source, first)) {
    if (turnStop() !== "no") {
      turn = leftAt(turn, stream);
      break;
    }
    try {
      const pumped = await collectStream(taker, stream, { stop: turnStop, patience }, progress);
      turn = afterStream(turn, stream, pumped);
    } catch (error) {
      const consequence = consequenceOf(error, stop() === "now");
      const { ends } = consequence;
      if (ends === "run" || ends === "account") throw error;
      if (ends === "feed") logFailure(taker, stream, consequence.error);
      const after = afterError(turn, stream, consequence);
      turn = after.turn;
      if (after.isOver) break;
    }
  }
  return { ...turn, ...sum, answered: turn.answered || hasMoved };
}

/** All streams of a source, beginning with the stream that the last turn left before its end. */
function streamsFrom(source: Source, first: string | undefined): readonly string[] {
  const at = Math.max(0, source.streams.indexOf(first ?? ""));
  return [...source.streams.slice(at), ...source.streams.slice(0, at)];
}

function logFailure({ effects, job, each }: TurnTaker, stream: string, error: KnownError): void {
  const { name, permission, product } = each.source;
  const needs = error.code === "forbidden" ? { permission, product } : {};
  const fields = { account: job.name, source: name, stream };
  effects.log("error", error.message, { ...fields, ...errorFields(error), ...needs });
}
