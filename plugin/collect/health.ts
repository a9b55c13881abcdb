import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import type { Engine } from "../encode/engine.ts";
import { StoppedError } from "../errors.ts";
import type { Source } from "../sources/source.ts";
import type { SourceState } from "../state/checkpoint.ts";
import { isoSecond } from "../text/iso_time.ts";
import { answeredAt, awaitedSince, isOverdue } from "./schedule.ts";
import { unknownOfDay } from "./unknown_seen.ts";

/**
 * The program's own events in the stream: QRadar marks a log source that is silent for 12 hours, and an administrator must be
 * able to search for failures (qradar-leef reference §5.3, "Plugin health").
 */

/** One statement. `endpoint` is the source, or "collector" for the account as a whole. */
export interface Health {
  readonly status: "ok" | "error" | "deadline" | "complete" | "incomplete";
  /** "reconcile" for "complete" and "incomplete". */
  readonly endpoint: string;
  readonly message: string;
  readonly lagSeconds?: number;
  readonly events?: number;
  /** Records of the last day's names that the mapping does not know, and the most frequent of these: `type foo`. */
  readonly unknownCount?: number;
  readonly unknownName?: string;
}

/** An account that can speak. */
export interface Speaker {
  readonly name: string;
  readonly engine: Engine;
}

/** The program raises an alarm when less than this part of Mimecast's retention is left. */
const DEADLINE_PART = 0.25;

/** True if Mimecast will soon delete data that was not collected: less than a quarter of the retention is left. */
export function isNearDeadline(
  coveredUntilMs: number,
  retentionMs: number,
  nowMs: number,
): boolean {
  return coveredUntilMs + retentionMs * (1 - DEADLINE_PART) <= nowMs;
}

/**
 * How a source is doing, from what is remembered of it. Null where Mimecast has never answered for it, it is not asked for
 * long, and no failure is known: then there is nothing to say.
 */
export function sourceHealth(
  source: Pick<Source, "name" | "retentionMs">,
  state: SourceState,
  intervalMs: number,
  nowMs: number,
): Health | null {
  const { coveredUntilMs, failures, error } = state;
  const isLate = isOverdue(state, intervalMs, nowMs);
  if (failures === 0 && answeredAt(state) === null && !isLate) return null;
  const trouble = error ?? (isLate ? overdueText(state) : null);
  const status = failures === 0 && !isLate ? "ok" : "error";
  const known = {
    endpoint: source.name,
    events: state.records,
    ...unknownOfDay(state.unknown, nowMs),
  };
  if (coveredUntilMs === null) return { ...known, status, message: trouble ?? "collecting" };
  const lagSeconds = Math.round(Math.max(0, nowMs - coveredUntilMs) / 1000);
  const { retentionMs } = source;
  if (retentionMs === null || !isNearDeadline(coveredUntilMs, retentionMs, nowMs)) {
    return { ...known, status, lagSeconds, message: trouble ?? "collecting" };
  }
  const [covered, end] = [coveredUntilMs, coveredUntilMs + retentionMs].map(isoSecond);
  const message = `Collected up to ${covered}; what follows is deleted at Mimecast from ${end} on`;
  return {
    ...known,
    status: "deadline",
    lagSeconds,
    message: trouble === null ? message : `${message}: ${trouble}`,
  };
}

/** Describes an overdue source: since when, and why its last poll had no answer. */
export function overdueText(state: SourceState): string {
  const since = isoSecond(awaitedSince(state) ?? 0);
  const known =
    answeredAt(state) === null
      ? `Mimecast has never answered, asked since ${since}`
      : `nothing was collected since ${since}`;
  return state.unanswered === undefined ? known : `${known}: ${state.unanswered}`;
}

/** Sample rules and `check` reckon with an alarm after this many seconds without any event of a log source. */
export const SILENCE_ALARM_SECS = 7_200;
/** A shipper that starts single runs does so at least this often. */
const START_EVERY_MS = 60_000;

/**
 * The longest (ms) that a collector in good health says nothing in QRadar on a quiet tenant: the last health line was not
 * yet due at the end of a round, the next round begins an interval later, at the shipper's next start, and may last.
 */
export function longestSilenceMs(
  poll: { readonly healthIntervalMs: number; readonly maxRunMs: number },
  intervalsMs: readonly number[],
): number {
  return poll.healthIntervalMs + Math.min(...intervalsMs) + START_EVERY_MS + poll.maxRunMs;
}

/** True if an account should send its health lines again, `intervalMs` after the last ones. */
export function healthDue(saidMs: number, intervalMs: number, nowMs: number): boolean {
  // Math.abs: a clock that was set back must not silence it.
  return Math.abs(nowMs - saidMs) >= intervalMs;
}

/** Writes one health line through the engine. It moves no position, because it is no record of Mimecast's. */
export async function say(
  effects: Effects,
  speaker: Speaker,
  delivery: Delivery,
  health: Health,
): Promise<void> {
  if (delivery.silent === true) return;
  const { name, engine } = speaker;
  engine.begin("health");
  for (const chunk of engine.encode(healthRecord(health, name, effects.now()))) {
    if (chunk.bytes.length > 0) await delivery.write(chunk.bytes);
  }
  engine.end();
}

/** Waits for a health line. False if the end of the run interrupted it: a later run sends it. */
export async function unlessStopped(said: Promise<void>): Promise<boolean> {
  try {
    await said;
    return true;
  } catch (error) {
    if (error instanceof StoppedError) return false;
    throw error;
  }
}

/** The record that the engine turns into a line: family "health". */
export function healthRecord(health: Health, account: string, nowMs: number): Uint8Array {
  return Buffer.from(`${JSON.stringify({ timestamp: nowMs, account, ...health })}\n`);
}
