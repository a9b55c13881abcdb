import type { MimecastClient } from "./client/client.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { Effects } from "./effects.ts";
import type { Engine } from "./engine.ts";
import { AuthError, DeliveryError, isKnownError, ShipperGoneError, StateError } from "./errors.ts";
import { say, sourceHealth } from "./health.ts";
import type { Ledger } from "./ledger.ts";
import type { Pumped, Stop } from "./pump.ts";
import { pumpStream } from "./pump.ts";
import { keepInQuarantine } from "./quarantine.ts";
import { afterFailure, afterSuccess, dueAt, NEW_SOURCE } from "./schedule.ts";
import type { Source, SourceContext } from "./sources/source.ts";

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
  readonly engine: Engine;
  readonly ledger: Ledger;
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
 * Asks every source that is due, one after the other, and says how it went. A source that fails does not keep
 * the others; refused credentials do. Throws only what ends the run: `ShipperGoneError`, `StateError`, defects.
 */
export async function collectAccount(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  stop: () => Stop,
): Promise<readonly SourceResult[]> {
  const results: SourceResult[] = [];
  for (const each of job.sources) {
    if (stop() !== "no") break;
    const state = job.ledger.checkpoint().sources[each.source.name];
    if (dueAt(state, each.intervalMs, effects.now()) > effects.now()) continue;
    const result = await collectSource(effects, job, each, delivery, stop);
    results.push(result);
    if (result.error instanceof AuthError && result.error.code !== "forbidden") break;
  }
  const failed = results.filter((result) => result.error !== null);
  if (results.length > 0) {
    await sayHourly(effects, job, delivery, new Set(failed.map((result) => result.source)));
  }
  return results;
}

async function collectSource(
  effects: Effects,
  job: AccountJob,
  each: SourceJob,
  delivery: Delivery,
  stop: () => Stop,
): Promise<SourceResult> {
  const { source } = each;
  const startedMs = effects.now();
  const state = job.ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
  let records = 0;
  let finished = true;
  let coveredUntilMs: number | null = null;
  let failure: Error | null = null;
  for (const stream of source.streams) {
    if (stop() !== "no") {
      finished = false;
      break;
    }
    try {
      const pumped = await collectStream(effects, job, each, stream, delivery, stop);
      records += pumped.records;
      finished &&= pumped.finished;
      coveredUntilMs = earlier(coveredUntilMs, pumped.coveredUntilMs);
    } catch (error) {
      if (isFatal(error)) throw error;
      if (stop() === "now") {
        // The signal that ends the run has ended the request too.
        finished = false;
        break;
      }
      if (!isKnownError(error)) throw error;
      failure ??= error;
      logFailure(effects, job, source, stream, error);
      if (error instanceof AuthError) break;
    }
  }
  const nowMs = effects.now();
  const poll = { startedMs, nowMs, intervalMs: each.intervalMs, records };
  if (failure === null) {
    job.ledger.setSource(source.name, afterSuccess(state, { ...poll, finished, coveredUntilMs }));
  } else {
    const lasting = failure instanceof AuthError;
    const next = afterFailure(state, { ...poll, lasting, error: failure.message });
    job.ledger.setSource(source.name, next);
    // When it begins, and then at the interval of all health lines.
    if (state.failures === 0 || healthDue(job, nowMs)) {
      const hint = isKnownError(failure) && failure.hint !== undefined ? ` (${failure.hint})` : "";
      const message = `${failure.message}${hint}`;
      await say(effects, job, delivery, { ...sourceHealth(source, next, nowMs), message });
    }
  }
  await job.ledger.save();
  const fields = {
    account: job.name,
    source: source.name,
    records,
    ms: nowMs - startedMs,
    finished,
  };
  if (failure === null) effects.log(records > 0 ? "info" : "debug", "Source collected", fields);
  return { source: source.name, records, error: failure };
}

async function collectStream(
  effects: Effects,
  job: AccountJob,
  each: SourceJob,
  stream: string,
  delivery: Delivery,
  stop: () => Stop,
): Promise<Pumped> {
  const { source } = each;
  const { ledger } = job;
  if (ledger.position(stream) === undefined) {
    const cursor = source.start(stream, each.startMs, effects.now());
    await ledger.begin(stream, { cursor, done: [], taken: null });
  }
  let temporary: readonly string[] = [];
  const forgetPage = async () => {
    for (const path of temporary) await effects.files.remove(path);
    temporary = [];
  };
  const context: SourceContext = {
    client: job.client,
    now: () => effects.now(),
    overlapMs: each.overlapMs,
    async spool(chunks) {
      const path = `${job.folder}/tmp/${effects.randomUUID()}`;
      temporary = [...temporary, path];
      return { path, size: await effects.files.spool(path, chunks) };
    },
  };
  const acceptGap = async (item: string, reason: string, file: string | null) => {
    const cursor = ledger.position(stream)?.cursor ?? null;
    if (!ledger.addGap({ stream, item, atMs: effects.now(), reason, cursor, file })) return;
    effects.log("error", "Data could not be collected, the gap is recorded", {
      account: job.name,
      stream,
      item,
      reason,
      file,
    });
    const what = item === "" ? "" : `, ${JSON.stringify(item)}`;
    const message = `Gap in ${stream}${what}: ${reason}`;
    await say(effects, job, delivery, { status: "error", endpoint: source.name, message });
  };
  try {
    return await pumpStream(
      {
        source,
        context,
        ledger,
        engine: job.engine,
        delivery,
        quarantineAfter: job.quarantineAfter,
        log: (level, message, fields) =>
          effects.log(level, message, { account: job.name, ...fields }),
        stop,
        forgetPage,
        async giveUp(_stream, item, _page, cause) {
          const file = await keepInQuarantine(effects, job.folder, stream, item);
          await acceptGap(item.key, cause.message, file);
        },
        gap: (_stream, reason) => acceptGap("", reason, null),
      },
      stream,
    );
  } finally {
    await forgetPage();
  }
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
  if (!healthDue(job, nowMs)) return;
  for (const { source } of job.sources) {
    const state = sources[source.name];
    if (state === undefined || said.has(source.name)) continue;
    await say(effects, job, delivery, sourceHealth(source, state, nowMs));
  }
  job.ledger.setHealth(nowMs);
  await job.ledger.save();
}

/** What would meet every other source too. */
function isFatal(error: unknown): boolean {
  return (
    error instanceof ShipperGoneError ||
    error instanceof StateError ||
    error instanceof DeliveryError
  );
}

function healthDue(job: AccountJob, nowMs: number): boolean {
  // Math.abs: a clock that was set back must not silence it.
  return Math.abs(nowMs - job.ledger.checkpoint().healthMs) >= job.healthIntervalMs;
}

function logFailure(
  effects: Effects,
  job: AccountJob,
  source: Source,
  stream: string,
  error: Error & { code?: string; hint?: string | undefined },
): void {
  const needs =
    error.code === "forbidden" ? { permission: source.permission, product: source.product } : {};
  effects.log("error", error.message, {
    account: job.name,
    source: source.name,
    stream,
    code: error.code,
    hint: error.hint,
    ...needs,
  });
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
