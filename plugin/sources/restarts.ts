import { ApiError, BudgetError } from "../errors.ts";

/** How often a feed has begun again lately because its page token was refused. */
export interface Restarts {
  readonly count: number;
  /** When it did so last, ms since 1970. */
  readonly lastMs: number;
}

/** For a feed that never had to. */
export const NO_RESTARTS: Restarts = { count: 0, lastMs: 0 };

/** So many at once: a server that refuses each token that it gives would keep a run for ever. */
const MAX_AT_ONCE = 3;
/** After this the count begins anew. A clock that was set back counts as time that has passed. */
const FORGIVEN_AFTER_MS = 60_000;

/** The same with one more of them, or null where it has to be left to a later run. */
export function oneMoreRestart({ count, lastMs }: Restarts, nowMs: number): Restarts | null {
  const isForgiven = nowMs < lastMs || nowMs - lastMs >= FORGIVEN_AFTER_MS;
  if (isForgiven) return { count: 1, lastMs: nowMs };
  return count < MAX_AT_ONCE ? { count: count + 1, lastMs: nowMs } : null;
}

/** Errors of a 4xx status that another token or date would not cure. */
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
 * The answer to `first`, or where Mimecast refuses that, to `second`. So a token is given up only where Mimecast answers the
 * same question without it; where it does not, the token is kept and its refusal thrown.
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

/** A token that is longer than this is no token: it would be in every request and in every save of the checkpoint. */
export const MAX_TOKEN_LENGTH = 65_536;
