import type { NetworkError } from "../errors.ts";

/** Bounds for the waits of one call. */
export interface RetryPolicy {
  /** The first attempt included. */
  readonly maxAttempts: number;
  /** First step of the exponential back-off. */
  readonly baseDelayMs: number;
  /** Largest step of the exponential back-off. */
  readonly maxDelayMs: number;
  /** All waiting of one call together. */
  readonly maxTotalMs: number;
}

/** 5 attempts, 1 s doubling to 60 s, at most 5 minutes of waiting in one call. */
export const RETRY_POLICY: RetryPolicy = {
  maxAttempts: 5,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  maxTotalMs: 300_000,
};

/** For a feed that failed the last time: one request, because its schedule does the waiting. */
export const ONE_ATTEMPT: RetryPolicy = { ...RETRY_POLICY, maxAttempts: 1 };

/** A wait that the server advises stays between these bounds. */
export const ADVICE_BOUNDS = { minMs: 1_000, maxMs: 900_000 } as const;

/** How an attempt ended, as far as retrying depends on it. */
export type Outcome =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | NetworkError;

/** What happened so far in this call. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** Waited so far in this call. */
  readonly waitedMs: number;
  readonly nowMs: number;
  /** 0 ≤ n < 1. */
  readonly random: number;
}

/**
 * Milliseconds to wait before the client sends the same request again, or null: it gives up. The server's advice goes
 * before the exponential back-off with full jitter.
 */
export function retryDelay(
  outcome: Outcome,
  attempt: Attempt,
  policy: RetryPolicy = RETRY_POLICY,
): number | null {
  if (attempt.number >= policy.maxAttempts || !isRetryable(outcome)) return null;
  const advised = "status" in outcome ? advisedDelay(outcome.headers, attempt.nowMs) : null;
  const delayMs = advised ?? backoff(attempt, policy);
  return attempt.waitedMs + delayMs > policy.maxTotalMs ? null : delayMs;
}

/** The statuses after which the same request may succeed later (reference: API 1.0 and 2.0 errors). */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * The wait that the answer advises, or null without usable advice: `Retry-After` in seconds or as
 * an HTTP date (RFC 9110 §10.2.3), `X-RateLimit-Reset` in **milliseconds** (Mimecast). The longer one counts.
 */
export function advisedDelay(
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): number | null {
  const after = retryAfter(headers["retry-after"], nowMs);
  const reset = rateLimitReset(headers["x-ratelimit-reset"]);
  if (after === null && reset === null) return null;
  const delayMs = Math.max(after ?? 0, reset ?? 0);
  return Math.min(Math.max(delayMs, ADVICE_BOUNDS.minMs), ADVICE_BOUNDS.maxMs);
}

/** `X-RateLimit-Reset`: a positive whole number of milliseconds below a day; anything else is no advice. */
export function rateLimitReset(value: string | undefined): number | null {
  const resetMs = wholeNumber(value);
  return resetMs === null || resetMs === 0 || resetMs > 86_400_000 ? null : resetMs;
}

function retryAfter(value: string | undefined, nowMs: number): number | null {
  const seconds = wholeNumber(value);
  if (seconds !== null) return seconds === 0 || seconds > 86_400 ? null : seconds * 1_000;
  const atMs = httpDate(value);
  if (atMs === null || atMs <= nowMs || atMs - nowMs > 86_400_000) return null;
  return atMs - nowMs;
}

function wholeNumber(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,15}$/.test(value.trim()) ? Number(value) : null;
}

/** IMF-fixdate only, the one form that servers may generate (RFC 9110 §5.6.7). */
function httpDate(value: string | undefined): number | null {
  if (value === undefined || !IMF_FIXDATE.test(value.trim())) return null;
  const atMs = Date.parse(value.trim());
  return Number.isNaN(atMs) ? null : atMs;
}

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

function isRetryable(outcome: Outcome): boolean {
  if ("status" in outcome) return isRetryableStatus(outcome.status);
  // A second request makes no certificate valid, and a proxy locks a login after many refusals.
  return outcome.code !== "tls" && outcome.code !== "proxy_auth";
}

function backoff(attempt: Attempt, policy: RetryPolicy): number {
  const cap = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt.number - 1));
  return Math.max(ADVICE_BOUNDS.minMs, Math.round(attempt.random * cap));
}
