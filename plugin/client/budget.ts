import { ADVICE_BOUNDS, rateLimitReset } from "./retry.ts";

/**
 * What is known of one credential's quota. Mimecast counts per user (API 1.0) or application (API 2.0), so all
 * sources of an account share one budget.
 */
export interface Budget {
  /** `X-RateLimit-Remaining` of the last answer that had it. */
  readonly remaining: number | null;
  /** No request before this moment, ms since 1970; 0: at once. */
  readonly pausedUntilMs: number;
}

/** Nothing known yet: the first request may go at once. */
export const FULL_BUDGET: Budget = { remaining: null, pausedUntilMs: 0 };

/**
 * The budget after an answer. A quota that is used up pauses until the reset that the answer names; without
 * a usable reset it does not, since API 2.0 sends these headers only once the limit is exceeded.
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
  return { remaining, pausedUntilMs: Math.max(budget.pausedUntilMs, untilMs) };
}

/** The budget after a 429: every request of this credential waits, not only the one that was refused. */
export function pause(budget: Budget, untilMs: number): Budget {
  return { ...budget, pausedUntilMs: Math.max(budget.pausedUntilMs, untilMs) };
}

/** Milliseconds until the next request may go. */
export function budgetDelay(budget: Budget, nowMs: number): number {
  // A clock that was set back must not stretch the pause beyond its bound.
  return Math.min(Math.max(0, budget.pausedUntilMs - nowMs), ADVICE_BOUNDS.maxMs);
}

function remainingOf(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,9}$/.test(value.trim()) ? Number(value.trim()) : null;
}
