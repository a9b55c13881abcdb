import { ADVICE_BOUNDS, rateLimitReset } from "../retry.ts";
import type { CallKind, RateLimits } from "./rate_limit.ts";

/**
 * The state of one credential's quota. Mimecast counts per user (API 1.0) or application (API 2.0), so all
 * sources of an account share one budget, and so do accounts with the same credential. Pure: shared_budget.ts keeps it.
 */
export interface Budget {
  /** `X-RateLimit-Remaining` of the last answer that had it. */
  readonly remaining: number | null;
  /** No request before this moment, ms since 1970; 0: at once. */
  readonly pausedUntilMs: number;
  /** The latest calls of each limited kind, oldest first, ms since 1970; never more than the limit has. */
  readonly calls: Readonly<Record<CallKind, readonly number[]>>;
}

/** The budget before the first answer: the first request may go at once. */
export const FULL_BUDGET: Budget = {
  remaining: null,
  pausedUntilMs: 0,
  calls: { batch: [], stream: [], other: [] },
};

/** A call further in the future was noted while the clock was wrong. */
const CLOCK_SLACK_MS = 1_000;
/** Calls to keep of a kind that another process limits and this one does not. */
const MOST_CALLS = 1_000;

/** The budget with one more call in it. */
export function book(budget: Budget, kind: CallKind, limits: RateLimits, nowMs: number): Budget {
  const limit = limits[kind];
  if (limit === undefined) return budget;
  const known = sound(budget.calls[kind], nowMs);
  // No two calls at the same moment, because these numbers merge the files of two processes.
  const atMs = Math.max(nowMs, (known.at(-1) ?? 0) + 1);
  const calls = [...known, atMs].slice(-limit.calls);
  return { ...budget, calls: { ...budget.calls, [kind]: calls } };
}

/**
 * The budget after an answer. An exhausted quota pauses until the reset that the answer names; without a usable reset it
 * does not pause, because API 2.0 sends these headers only once the limit is exceeded.
 */
export function spend(
  budget: Budget,
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): Budget {
  const remaining = remainingOf(headers["x-ratelimit-remaining"]);
  if (remaining === null) return budget;
  const resetMs = rateLimitReset(headers["x-ratelimit-reset"]);
  if (remaining > 0 || resetMs === null) return { ...budget, remaining };
  const untilMs = nowMs + Math.min(resetMs, ADVICE_BOUNDS.maxMs);
  return { ...budget, remaining, pausedUntilMs: Math.max(budget.pausedUntilMs, untilMs) };
}

/** The budget after a 429: every request of this credential waits, not only the refused one. */
export function pause(budget: Budget, untilMs: number): Budget {
  return { ...budget, pausedUntilMs: Math.max(budget.pausedUntilMs, untilMs) };
}

/** Milliseconds until the next request of this kind may go. */
export function budgetDelay(
  budget: Budget,
  nowMs: number,
  kind: CallKind = "other",
  limits: RateLimits = {},
): number {
  // A clock that was set back must not stretch the pause beyond its bound.
  const pausedMs = Math.min(Math.max(0, budget.pausedUntilMs - nowMs), ADVICE_BOUNDS.maxMs);
  const limit = limits[kind];
  if (limit === undefined) return pausedMs;
  const oldest = sound(budget.calls[kind], nowMs).at(-limit.calls);
  return oldest === undefined ? pausedMs : Math.max(pausedMs, oldest + limit.perMs - nowMs);
}

/** The calls of this kind that may go now: by its limit, else by Mimecast's last answer; null if neither is known. */
export function callsLeft(
  budget: Budget,
  nowMs: number,
  kind: CallKind,
  limits: RateLimits,
): number | null {
  const limit = limits[kind];
  if (budgetDelay(budget, nowMs, kind, limits) > 0) return 0;
  // The pause is over: API 2.0 reports an exhausted quota once, and no refill.
  if (limit === undefined) return budget.remaining === 0 ? null : budget.remaining;
  const recent = sound(budget.calls[kind], nowMs).filter((atMs) => atMs > nowMs - limit.perMs);
  return limit.calls - recent.length;
}

/** Merges the budgets that two processes have for the same credential. */
export function mergeBudgets(a: Budget, b: Budget, limits: RateLimits): Budget {
  const both = (kind: CallKind) =>
    [...new Set([...a.calls[kind], ...b.calls[kind]])]
      .sort((x, y) => x - y)
      .slice(-(limits[kind]?.calls ?? MOST_CALLS));
  return {
    remaining: a.remaining ?? b.remaining,
    pausedUntilMs: Math.max(a.pausedUntilMs, b.pausedUntilMs),
    calls: { batch: both("batch"), stream: both("stream"), other: both("other") },
  };
}

/** Drops the calls in the future. */
function sound(calls: readonly number[], nowMs: number): readonly number[] {
  return calls.filter((atMs) => atMs <= nowMs + CLOCK_SLACK_MS);
}

function remainingOf(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,9}$/.test(value.trim()) ? Number(value) : null;
}
