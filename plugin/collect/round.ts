import { AuthError } from "../errors.ts";
import type { SourceState } from "../state/checkpoint.ts";
import type { SourceJob, SourceResult, TurnResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import { dueAt } from "./schedule.ts";

/** The state of an account's round, which collects every due feed to its end. Pure. */
export interface RoundState {
  /** Feeds that have more to fetch. */
  readonly open: ReadonlySet<string>;
  /** Feeds that were asked. */
  readonly asked: ReadonlySet<string>;
  /** Feeds for which Mimecast has answered, and that have not failed since. */
  readonly heard: ReadonlySet<string>;
  readonly results: ReadonlyMap<string, SourceResult>;
  /** Mimecast refuses the credentials: the other feeds would meet the same. */
  readonly isRefused: boolean;
  /** A turn has begun. */
  readonly hasBegun: boolean;
}

/** A feed that is not at its end after this lets the next one go first, in ms. */
export const SHARE_MS = 60_000;

type States = Readonly<Record<string, SourceState>>;

/** The round of the feeds that are due now. */
export function beginRound(
  sources: readonly SourceJob[],
  states: States,
  nowMs: number,
): RoundState {
  const due = dueSources(sources, states, nowMs);
  const open = new Set(due.map(({ source }) => source.name));
  return {
    open,
    asked: new Set(),
    heard: new Set(),
    results: new Map(),
    isRefused: false,
    hasBegun: false,
  };
}

/** The round once these feeds have a turn. */
export function withTurns(round: RoundState, turns: readonly SourceJob[]): RoundState {
  return { ...round, asked: new Set([...round.asked, ...turns.map(({ source }) => source.name)]) };
}

/** The round after a turn. */
export function afterTurn(round: RoundState, turn: TurnResult): RoundState {
  const { source, error, finished, answered } = turn;
  const records = (round.results.get(source)?.records ?? 0) + turn.records;
  const isRefusal = error instanceof AuthError && error.code !== "forbidden";
  return {
    ...round,
    open: finished ? without(round.open, source) : round.open,
    heard:
      answered && error === null ? new Set([...round.heard, source]) : without(round.heard, source),
    results: new Map([...round.results, [source, { source, records, error }]]),
    isRefused: round.isRefused || isRefusal,
  };
}

/** Feeds that were asked in this round, and have no answer yet. */
export function unheard({ asked, heard }: RoundState): ReadonlySet<string> {
  return new Set([...asked].filter((source) => !heard.has(source)));
}

/** True where another turn may begin. A run asks once at least, however long it took to begin. */
export function goesOn({ isRefused, open, hasBegun }: RoundState, stop: Stop): boolean {
  return !isRefused && open.size > 0 && (stop === "no" || (stop === "time" && !hasBegun));
}

/** The feeds that are due, the most overdue first; one that failed lets the others go before it. */
export function dueSources(
  sources: readonly SourceJob[],
  states: States,
  nowMs: number,
): readonly SourceJob[] {
  const turns = sources.map((each) => {
    const state = states[each.source.name];
    const dueMs = dueAt(state, each.intervalMs, nowMs);
    return { each, dueMs, turnMs: (state?.failures ?? 0) > 0 ? dueMs + SHARE_MS : dueMs };
  });
  const due = turns.filter(({ dueMs }) => dueMs <= nowMs);
  return due.sort((a, b) => a.turnMs - b.turnMs).map(({ each }) => each);
}

function without<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  return new Set([...set].filter((each) => each !== value));
}
