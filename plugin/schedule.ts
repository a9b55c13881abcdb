import type { SourceState } from "./checkpoint.ts";

/**
 * When a source is asked next. Pure: the shipper may start `poll --once` every minute, Mimecast is asked every
 * `interval_secs`.
 */

/** A failed source is asked again after this, doubled with every failure in a row, at most its interval. */
const FIRST_RETRY_MS = 60_000;

/** An account that could not be collected as a whole is tried again after this at the latest. */
const LONGEST_ACCOUNT_RETRY_MS = 900_000;

/** How long to wait before an account is tried again that could not be collected so many times in a row, in ms. */
export function accountRetryMs(failures: number): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 10);
  return Math.min(FIRST_RETRY_MS * 2 ** doublings, LONGEST_ACCOUNT_RETRY_MS);
}

/** State of a source that was never asked. */
export const NEW_SOURCE: SourceState = {
  startedMs: 0,
  dueMs: 0,
  failures: 0,
  error: null,
  coveredUntilMs: null,
  records: 0,
};

/**
 * The moment (ms since 1970) from which the source may be asked. An interval that was shortened counts at once; a
 * poll that lies in the future was made while the clock was wrong.
 */
export function dueAt(state: SourceState | undefined, intervalMs: number, nowMs: number): number {
  if (state === undefined || state.startedMs > nowMs) return 0;
  return Math.min(state.dueMs, state.startedMs + intervalMs);
}

/** After a poll that went well. `finished` false: there is more to fetch, so it is due at once. */
export function afterSuccess(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    readonly nowMs: number;
    readonly intervalMs: number;
    readonly finished: boolean;
    readonly records: number;
    readonly filtered?: number;
    readonly coveredUntilMs: number | null;
    readonly resumeAt?: string | null;
  },
): SourceState {
  return {
    startedMs: poll.startedMs,
    dueMs: poll.finished ? poll.startedMs + poll.intervalMs : poll.nowMs,
    failures: 0,
    error: null,
    coveredUntilMs: poll.coveredUntilMs ?? state.coveredUntilMs,
    records: state.records + poll.records,
    ...filteredWith(state, poll),
    ...resumeAt(poll),
  };
}

/** After a poll that the rate budget put off: no failure, and no success either. */
export function afterWait(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    readonly untilMs: number;
    readonly records: number;
    readonly filtered?: number;
    readonly resumeAt?: string | null;
  },
): SourceState {
  const { resumeAt: _, ...rest } = state;
  return {
    ...rest,
    startedMs: poll.startedMs,
    dueMs: poll.untilMs,
    records: state.records + poll.records,
    ...filteredWith(state, poll),
    ...resumeAt(poll),
  };
}

function filteredWith(
  state: SourceState,
  poll: { readonly filtered?: number },
): Pick<SourceState, "filtered"> {
  const filtered = (state.filtered ?? 0) + (poll.filtered ?? 0);
  return filtered === 0 ? {} : { filtered };
}

function resumeAt(poll: { readonly resumeAt?: string | null }): Pick<SourceState, "resumeAt"> {
  const stream = poll.resumeAt ?? null;
  return stream === null ? {} : { resumeAt: stream };
}

/** After a poll that failed. `lasting`: it will not get better by itself (credentials, permissions). */
export function afterFailure(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    readonly nowMs: number;
    readonly intervalMs: number;
    readonly lasting: boolean;
    readonly records: number;
    readonly filtered?: number;
    readonly error: string;
  },
): SourceState {
  const failures = state.failures + 1;
  const retryMs = FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10);
  const waitMs = poll.lasting ? poll.intervalMs : Math.min(retryMs, poll.intervalMs);
  return {
    ...state,
    startedMs: poll.startedMs,
    dueMs: poll.nowMs + waitMs,
    failures,
    error: poll.error,
    records: state.records + poll.records,
    ...filteredWith(state, poll),
  };
}
