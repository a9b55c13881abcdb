import type { MimecastClient } from "./client/client.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { Effects } from "./effects.ts";
import type { Engine } from "./engine.ts";
import { AuthError } from "./errors.ts";
import { healthDue, say, sourceHealth } from "./health.ts";
import type { Ledger } from "./ledger.ts";
import type { Progress } from "./progress.ts";
import type { Stop } from "./pump.ts";
import { dueAt, NEW_SOURCE } from "./schedule.ts";
import { collectSource, SHARE_MS } from "./source_turn.ts";
import type { Source } from "./sources/source.ts";

/** A source as this account wants it. Times in ms. */
export interface SourceJob {
  readonly source: Source;
  readonly intervalMs: number;
  readonly overlapMs: number;
  /** Where to begin without a checkpoint, ms since 1970. */
  readonly startMs: number;
}

/** One account with everything that collecting it takes. */
export interface AccountJob {
  readonly name: string;
  /** Its folder below state_dir. */
  readonly folder: string;
  readonly sources: readonly SourceJob[];
  readonly client: MimecastClient;
  /** Asks once: for a source that failed the last time, so that it does not keep the others with its retries. */
  readonly probe?: MimecastClient;
  readonly engine: Engine;
  readonly ledger: Ledger;
  /** Says how long back-fills get on. */
  readonly progress?: Progress | undefined;
  readonly quarantineAfter: number;
  readonly healthIntervalMs: number;
}

/** What a round brought: one entry per source that was asked. */
export interface SourceResult {
  readonly source: string;
  readonly records: number;
  readonly error: Error | null;
}

/** The earliest moment (ms since 1970) at which a source of the account is due. */
export function nextDue(job: AccountJob, nowMs: number): number {
  const states = job.ledger.checkpoint().sources;
  return Math.min(
    ...job.sources.map((each) => dueAt(states[each.source.name], each.intervalMs, nowMs)),
  );
}

/** Streams that a new shipper gets again are due at once. */
export function dueAgain(job: AccountJob): void {
  const again = new Set(job.ledger.again);
  for (const { source } of job.sources) {
    if (!source.streams.some((stream) => again.has(stream))) continue;
    const state = job.ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
    job.ledger.setSource(source.name, { ...state, startedMs: 0, dueMs: 0 });
  }
}

/**
 * Asks every source that is due until each has come to its end, and says how it went. The most overdue goes first, and
 * none keeps the others longer than its share: a long back-fill takes turns with what becomes due meanwhile. A source
 * that fails does not keep the others; refused credentials do. Throws only what ends the run: `ShipperGoneError`,
 * `StateError`, defects.
 */
export async function collectAccount(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  stop: () => Stop,
): Promise<readonly SourceResult[]> {
  const results: SourceResult[] = [];
  const startedMs = effects.now();
  const open = new Set(dueSources(job, effects.now()));
  while (open.size > 0 && stop() === "no") {
    const [each] = dueSources(job, effects.now());
    if (each === undefined) break;
    const { finished, ...result } = await collectSource(effects, job, each, delivery, stop);
    results.push(result);
    if (finished) open.delete(each);
    // A back-fill of hours must not keep the health lines back.
    if (effects.now() - startedMs >= job.healthIntervalMs) {
      await sayHourly(effects, job, delivery, new Set());
    }
    if (result.error instanceof AuthError && result.error.code !== "forbidden") break;
  }
  const failed = results.filter((result) => result.error !== null);
  if (results.length > 0) {
    await sayHourly(effects, job, delivery, new Set(failed.map((result) => result.source)));
  }
  return results;
}

/** The sources that are due, the most overdue first; one that failed lets the others go before it. */
function dueSources(job: AccountJob, nowMs: number): readonly SourceJob[] {
  const states = job.ledger.checkpoint().sources;
  const turns = job.sources.map((each) => {
    const state = states[each.source.name];
    const dueMs = dueAt(state, each.intervalMs, nowMs);
    return { each, dueMs, turnMs: (state?.failures ?? 0) > 0 ? dueMs + SHARE_MS : dueMs };
  });
  const due = turns.filter(({ dueMs }) => dueMs <= nowMs);
  return due.sort((a, b) => a.turnMs - b.turnMs).map(({ each }) => each);
}

/** At least once an interval: one line per source, so that silence means trouble and lag can be searched. */
async function sayHourly(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  said: ReadonlySet<string>,
): Promise<void> {
  const nowMs = effects.now();
  const { sources } = job.ledger.checkpoint();
  if (!healthDue(job.ledger.checkpoint().healthMs, job.healthIntervalMs, nowMs)) return;
  for (const { source } of job.sources) {
    const state = sources[source.name];
    if (state === undefined || said.has(source.name)) continue;
    await say(effects, job, delivery, sourceHealth(source, state, nowMs));
  }
  job.ledger.setHealth(nowMs);
  await job.ledger.save();
}
