import type { SourceState } from "../state/checkpoint.ts";

/**
 * When the program asks for a source next. Pure: the shipper may start `poll --once` every minute, and the program asks
 * Mimecast every `interval_secs`.
 */

/** The program asks for a failed source again after this, doubled with every failure in a row, at most its interval. */
const FIRST_RETRY_MS = 60_000;

/** The longest wait before the program tries an account that failed as a whole again. */
const LONGEST_ACCOUNT_RETRY_MS = 900_000;

/** The wait in ms before the next try of an account that failed so many times in a row. */
export function accountRetryMs(failures: number): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 10);
  return Math.min(FIRST_RETRY_MS * 2 ** doublings, LONGEST_ACCOUNT_RETRY_MS);
}

/** The wait in ms before an account whose store failed is opened again: that waits itself until the account is ours. */
export function tenureRetryMs(failures: number): number {
  return Math.min(1_000 * 2 ** Math.min(failures - 1, 10), 30_000);
}

/** After so many intervals without an answer a source is overdue. */
const OVERDUE_INTERVALS = 3;
/** Short intervals get longer than that: the shipper may start a run only once a minute. */
const LEAST_OVERDUE_MS = 90_000;

/** How long (ms) a source may go without an answer before it is overdue. */
export function overdueAfterMs(intervalMs: number): number {
  return Math.max(OVERDUE_INTERVALS * intervalMs, intervalMs + LEAST_OVERDUE_MS);
}

/** When Mimecast last answered for the source, ms since 1970; null if it never did. */
export function answeredAt(state: SourceState | undefined): number | null {
  if (state === undefined) return null;
  if (state.answeredMs !== undefined) return state.answeredMs === 0 ? null : state.answeredMs;
  // Written by an older version, which knew the last poll only.
  return state.failures === 0 && state.startedMs > 0 ? state.startedMs : null;
}

/**
 * Since when the source waits for an answer, ms since 1970: since the last one or, without any, since the first poll; null
 * before that.
 */
export function awaitedSince(state: SourceState | undefined): number | null {
  return answeredAt(state) ?? state?.askedSinceMs ?? null;
}

/** True if the program asks for the source, or collected it before, and has had no answer for too long. */
export function isOverdue(
  state: SourceState | undefined,
  intervalMs: number,
  nowMs: number,
): boolean {
  const sinceMs = awaitedSince(state);
  return sinceMs !== null && nowMs - sinceMs > overdueAfterMs(intervalMs);
}

/** State of a source before its first poll. */
export const NEW_SOURCE: SourceState = {
  startedMs: 0,
  dueMs: 0,
  failures: 0,
  error: null,
  coveredUntilMs: null,
  records: 0,
};

/**
 * The moment (ms since 1970) of the source's next poll. A shortened interval counts at once; a poll in the future was made
 * while the clock was wrong.
 */
export function dueAt(state: SourceState | undefined, intervalMs: number, nowMs: number): number {
  if (state === undefined || state.startedMs > nowMs) return 0;
  return Math.min(state.dueMs, state.startedMs + intervalMs);
}

/** The state of a source just before a poll, so that the checkpoint knows of a source that never answers. */
export function beforePoll(state: SourceState, nowMs: number): SourceState {
  if (answeredAt(state) !== null) return state;
  // A time in the future was written while the clock was wrong.
  return { ...state, askedSinceMs: Math.min(state.askedSinceMs ?? nowMs, nowMs) };
}

/** After a poll that went well. `finished` false: there is more to fetch, so it is due at once. */
export function afterSuccess(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    /** Also when Mimecast answered. */
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
    answeredMs: poll.nowMs,
    ...filteredWith(state, poll),
    ...resumeAt(poll),
  };
}

/** After a poll that the rate budget put off, or that ended before an answer came: neither a failure nor a success. */
export function afterWait(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    readonly untilMs: number;
    /** Of the last answer, ms since 1970; absent where none came. */
    readonly answeredMs?: number;
    /** Why none came; absent after a request to stop. */
    readonly unanswered?: string | null;
    readonly records: number;
    readonly filtered?: number;
    readonly resumeAt?: string | null;
  },
): SourceState {
  const { resumeAt: _, unanswered: __, ...rest } = state;
  const unanswered = poll.unanswered ?? null;
  return {
    ...rest,
    ...(unanswered === null ? {} : { unanswered }),
    startedMs: poll.startedMs,
    dueMs: poll.untilMs,
    records: state.records + poll.records,
    answeredMs: poll.answeredMs ?? answeredAt(state) ?? 0,
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

/** After a poll that failed. `lasting`: somebody must act first (credentials, permissions). */
export function afterFailure(
  state: SourceState,
  poll: {
    readonly startedMs: number;
    readonly nowMs: number;
    readonly intervalMs: number;
    readonly lasting: boolean;
    /** Of the last answer, ms since 1970; absent where none came. */
    readonly answeredMs?: number;
    readonly records: number;
    readonly filtered?: number;
    readonly error: string;
  },
): SourceState {
  const failures = state.failures + 1;
  const retryMs = FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10);
  const waitMs = poll.lasting ? poll.intervalMs : Math.min(retryMs, poll.intervalMs);
  const { unanswered: _, ...rest } = state;
  return {
    ...rest,
    startedMs: poll.startedMs,
    dueMs: poll.nowMs + waitMs,
    failures,
    error: poll.error,
    records: state.records + poll.records,
    answeredMs: poll.answeredMs ?? answeredAt(state) ?? 0,
    ...filteredWith(state, poll),
  };
}
