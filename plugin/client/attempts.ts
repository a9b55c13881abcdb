import type { Effects } from "../effects.ts";
import { BudgetError, type KnownError, NetworkError } from "../errors.ts";
import type { CallKind } from "./budget/rate_limit.ts";
import type { SharedBudget } from "./budget/shared_budget.ts";
import { advisedDelay, type Outcome, type RetryPolicy, retryDelay } from "./retry.ts";

/** What one attempt came to. A `NetworkError` may be thrown instead. */
export type Attempted<T> =
  | { readonly value: T }
  | { readonly error: KnownError; readonly outcome: Outcome };

/** What the attempts of a call share. `budget` is absent for hosts that are not the API (downloads). */
export interface Pacing {
  readonly effects: Pick<Effects, "now" | "sleep" | "random" | "log">;
  readonly policy: RetryPolicy;
  readonly budget?: SharedBudget;
  readonly kind?: CallKind;
  readonly signal?: AbortSignal | undefined;
  /** Fields of each log line: account, method, path. Never a query. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Tries until it succeeds or `retryDelay` says that it is enough; then the last error is thrown. */
export async function withRetries<T>(
  once: () => Promise<Attempted<T>>,
  pacing: Pacing,
): Promise<T> {
  const { effects, policy, budget, signal } = pacing;
  let waitedMs = 0;
  for (let number = 1; ; number++) {
    waitedMs += await waitForBudget(pacing, waitedMs);
    const result = await attempt(once);
    if ("value" in result) return result.value;

    const nowMs = effects.now();
    const random = effects.random();
    const delayMs = retryDelay(result.outcome, { number, waitedMs, nowMs, random }, policy);
    if (budget !== undefined && "status" in result.outcome && result.outcome.status === 429) {
      const pauseMs = delayMs ?? advisedDelay(result.outcome.headers, nowMs) ?? policy.maxDelayMs;
      await budget.pause(nowMs + pauseMs);
    }
    if (delayMs === null) throw result.error;
    effects.log("warn", "Trying again", {
      ...pacing.fields,
      attempt: number,
      delayMs,
      code: result.error.code,
      error: result.error.message,
    });
    await effects.sleep(delayMs, signal);
    waitedMs += delayMs;
  }
}

async function attempt<T>(once: () => Promise<Attempted<T>>): Promise<Attempted<T>> {
  try {
    return await once();
  } catch (error) {
    if (error instanceof NetworkError) return { error, outcome: error };
    throw error;
  }
}

/** The schedule does longer waits: it asks the feed again once its budget has calls. */
const MAX_BUDGET_WAIT_MS = 60_000;

/** Waits for the credential's turn. If the wait would be longer than this call may take, it throws at once and sends nothing. */
async function waitForBudget(pacing: Pacing, waitedMs: number): Promise<number> {
  const { effects, policy, budget, signal, kind = "other" } = pacing;
  let sleptMs = 0;
  for (;;) {
    const delayMs = budget?.take(kind) ?? 0;
    if (delayMs === 0) return sleptMs;
    const allowedMs = Math.min(MAX_BUDGET_WAIT_MS, policy.maxTotalMs - waitedMs);
    if (sleptMs + delayMs > allowedMs) throw new BudgetError(delayMs, effects.now());
    effects.log("debug", "Waiting for the rate limit", { ...pacing.fields, delayMs });
    await effects.sleep(delayMs, signal);
    sleptMs += delayMs;
  }
}
