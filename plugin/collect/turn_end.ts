import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import type { Engine } from "../encode/engine.ts";
import { AuthError, type KnownError } from "../errors.ts";
import type { SourceState } from "../state/checkpoint.ts";
import {
  healthDue,
  overdueText,
  type Speaker,
  say,
  sourceHealth,
  unlessStopped,
} from "./health.ts";
import type { AccountJob, SourceJob } from "./job.ts";
import { afterFailure, afterSuccess, afterWait, isOverdue } from "./schedule.ts";
import type { Turn } from "./turn_tally.ts";
import { newNames, withUnknown } from "./unknown_seen.ts";

/** Who took the turn. */
export interface TurnTaker {
  readonly effects: Effects;
  readonly job: AccountJob;
  readonly each: SourceJob;
  readonly delivery: Delivery;
  readonly engine: Engine;
  readonly speaker: Speaker;
}

/** Writes down how a turn went, and says so in log and QRadar where it did not go well. `state`: as it was before. */
export async function noteTurn(
  taker: TurnTaker,
  state: SourceState,
  startedMs: number,
  turn: Turn,
): Promise<void> {
  const { effects, job, each } = taker;
  const { source, intervalMs } = each;
  const { ledger } = job;
  const { records, filtered, resumeAt, coveredUntilMs, failure, waitUntilMs } = turn;
  const nowMs = effects.now();
  const answered = turn.answered ? { answeredMs: nowMs } : {};
  const unknown = noteUnknown(taker, state, nowMs);
  const poll = { startedMs, nowMs, intervalMs, records, filtered, resumeAt, ...answered };
  if (failure !== null) {
    const lasting = failure instanceof AuthError;
    const next = afterFailure(state, { ...poll, lasting, error: failure.message });
    await noteFailure(taker, state, { ...next, ...unknown }, failure);
  } else if (waitUntilMs === null && turn.answered) {
    const finished = resumeAt === null;
    const next = afterSuccess(state, { ...poll, finished, coveredUntilMs });
    ledger.setSource(source.name, { ...next, ...unknown });
  } else {
    const unanswered = turn.answered ? null : whyUnanswered(turn);
    const next = afterWait(state, { ...poll, untilMs: waitUntilMs ?? nowMs, unanswered });
    ledger.setSource(source.name, { ...next, ...unknown });
    if (!turn.answered) logUnanswered(taker, next, turn);
  }
  await ledger.save();
}

/** What came that the mapping does not know: counted in the state, and logged where it is new. */
function noteUnknown(
  { effects, job, each, engine }: TurnTaker,
  state: SourceState,
  nowMs: number,
): Pick<SourceState, "unknown"> {
  const names = engine.takeUnknown();
  for (const { kind, name, count } of newNames(state.unknown, names)) {
    const fields = { account: job.name, source: each.source.name, kind, name, count };
    effects.log("warn", "Mimecast sends something that the mapping does not know", fields);
  }
  return withUnknown(state.unknown, names, nowMs);
}

async function noteFailure(
  { effects, job, each, delivery, speaker }: TurnTaker,
  before: SourceState,
  next: SourceState,
  failure: KnownError,
): Promise<void> {
  const { source, intervalMs } = each;
  const nowMs = effects.now();
  job.ledger.setSource(source.name, next);
  // When it begins, and then at the interval of all health lines.
  const { healthMs } = job.ledger.checkpoint();
  if (before.failures > 0 && !healthDue(healthMs, job.healthIntervalMs, nowMs)) return;
  const health = sourceHealth(source, next, intervalMs, nowMs);
  if (health === null) return;
  const message = withHint(failure);
  await unlessStopped(say(effects, speaker, delivery, { ...health, message }));
}

/** Null where the program was told to stop: that is no trouble of the feed's. */
function whyUnanswered({ stopped, waitUntilMs }: Turn): string | null {
  if (waitUntilMs !== null) return "Mimecast's rate limit is used up";
  return stopped?.hint === undefined ? null : withHint(stopped);
}

/** A poll that had no answer is no failure, for the next one may have it; that it goes on like that must be seen. */
function logUnanswered(
  { effects, job, each: { source, intervalMs } }: TurnTaker,
  state: SourceState,
  { stopped }: Turn,
): void {
  const fields = { account: job.name, source: source.name };
  // What has failed before is known to be failing.
  if (state.failures === 0 && isOverdue(state, intervalMs, effects.now())) {
    effects.log("error", `The feed is overdue: ${overdueText(state)}`, {
      ...fields,
      code: "overdue",
    });
  } else if (stopped?.hint !== undefined) {
    const { hint, message } = stopped;
    effects.log("warn", `No answer that brings the feed on: ${message}`, {
      ...fields,
      code: "unanswered",
      hint,
    });
  }
}

function withHint({ message, hint }: KnownError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
