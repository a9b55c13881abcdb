import { ApiError, BudgetError } from "../errors.ts";
import type { CursorFields } from "./cursor_fields.ts";

/** How often a feed has lately begun again because Mimecast refused its page token. */
export interface Restarts {
  readonly count: number;
  /** The last time, ms since 1970. */
  readonly lastMs: number;
}

/** For a feed that never began again. */
export const NO_RESTARTS: Restarts = { count: 0, lastMs: 0 };

/** Reads what `restartsCursor` wrote; none in a cursor of an earlier version. */
export function readRestarts(fields: CursorFields): Restarts {
  return {
    count: fields.numberOrNull("restarts") ?? 0,
    lastMs: fields.numberOrNull("restartedMs") ?? 0,
  };
}

/** The restarts as fields of a cursor. */
export function restartsCursor({ count, lastMs }: Restarts) {
  return { restarts: count, restartedMs: lastMs };
}

/** Restarts in a row: a server that refuses each of its own tokens would keep a run for ever. */
const MAX_AT_ONCE = 3;
/** After this time the count begins anew, and also if the clock was set back. */
const FORGIVEN_AFTER_MS = 60_000;

/** The count with one more restart, or null if a later run must make it. */
export function oneMoreRestart({ count, lastMs }: Restarts, nowMs: number): Restarts | null {
  const isForgiven = nowMs < lastMs || nowMs - lastMs >= FORGIVEN_AFTER_MS;
  if (isForgiven) return { count: 1, lastMs: nowMs };
  return count < MAX_AT_ONCE ? { count: count + 1, lastMs: nowMs } : null;
}

/** Codes of 4xx errors that another token or date would not cure. */
const OTHER_REASONS = ["not_mimecast", "answer_too_large"];

/**
 * True for an answer that may be about the token or the dates of the request: any refusal, however Mimecast words it, and a
 * plain 500. False for trouble of the service, the network, the credentials or the rate.
 */
export function isRefused(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error instanceof BudgetError) return false;
  if (error.status === 500) return true;
  return !error.retryable && error.status !== 429 && !OTHER_REASONS.includes(error.code);
}

/**
 * The answer to `first`, or, if Mimecast refuses it, to `second`. So the program gives up a token only if Mimecast answers
 * the same question without it; else it keeps the token and throws the first refusal.
 */
export async function askOr<A, B>(
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<A | B> {
  try {
    return await first();
  } catch (refusal) {
    if (!isRefused(refusal)) throw refusal;
    try {
      return await second();
    } catch (error) {
      throw isRefused(error) ? refusal : error;
    }
  }
}

/** The longest token, in characters: every request and every save of the checkpoint holds it. */
export const MAX_TOKEN_LENGTH = 65_536;
