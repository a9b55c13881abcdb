import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { AuthError, StoppedError } from "../errors.ts";
import { isSomeOverdue, sayFor, sayHourly } from "./account_health.ts";
import { watchClock } from "./clock_watch.ts";
import { healthDue } from "./health.ts";
import type { AccountJob, SourceJob, SourceResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import { dueAt, NEW_SOURCE } from "./schedule.ts";
import { bothSlots, createSlots, type Patience, type Slot } from "./slots.ts";
import { collectSource, SHARE_MS } from "./turn.ts";

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

/** What a round has to obey, and what it shares with the other accounts. */
export interface Round {
  stop(): Stop;
  /** Ends every request of the account that is under way: something has happened that ends the run. */
  abort(reason: unknown): void;
  /** The right of one source to the slots of all accounts. */
  newSlot(): Slot;
  /** How a source waits for Mimecast with the slot that it holds. It just waits where absent. */
  patience?(slot: Slot): Patience;
  /** Called after each turn, and about every second while sources wait for Mimecast. */
  meanwhile?(): Promise<void>;
}

/** While sources wait for Mimecast: how often it is looked whether another one has become due. */
const LOOK_EVERY_MS = 1_000;

/**
 * Asks every source that is due until each has come to its end, and says how it went. One source works at a time, the
 * most overdue first, and none longer than its share: a long back-fill takes turns with what becomes due meanwhile.
 * While a source waits for Mimecast, the others work. One that fails does not keep the others; refused credentials
 * do. Throws what ends the account's run, when no source works any more: `ShipperGoneError`, `DeliveryError`,
 * `StateError`, and what is a defect of the account as a whole.
 */
export async function collectAccount(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  round: Round,
): Promise<readonly SourceResult[]> {
  const startedMs = effects.now();
  const newTurn = createSlots(1);
  const results = new Map<string, SourceResult>();
  const open = new Set(dueSources(job, startedMs));
  const asked = new Set<string>();
  const ok = new Set<string>();
  const running = new Map<SourceJob, Promise<void>>();
  const bell = createBell();
  let waiting = 0;
  let isRefused = false;
  let hasBegun = false;
  let fatal: { readonly error: unknown } | null = null;

  const stop = (): Stop => (fatal === null ? round.stop() : "now");
  /** Asked in this round, and no answer yet. */
  const unheard = () => new Set([...asked].filter((source) => !ok.has(source)));
  /** A run asks once at least, however long it took to begin. */
  const mayAsk = () => stop() === "no" || (stop() === "time" && !hasBegun);
  const goesOn = () => !isRefused && open.size > 0 && mayAsk();

  async function work(each: SourceJob, slot: Slot): Promise<void> {
    if (!goesOn()) return;
    hasBegun = true;
    const rules = { stop, patience: round.patience?.(slot) };
    const turn = await collectSource(effects, job, each, delivery, rules);
    const { finished, answered, ...result } = turn;
    if (answered && result.error === null) ok.add(result.source);
    else ok.delete(result.source);
    const before = results.get(result.source)?.records ?? 0;
    results.set(result.source, { ...result, records: before + result.records });
    if (finished) open.delete(each);
    isRefused ||= result.error instanceof AuthError && result.error.code !== "forbidden";
    await watchClock(effects, job, async (health) => {
      // Else it is one of the hourly lines at the end of the round.
      const { healthMs } = job.ledger.checkpoint();
      if (healthDue(healthMs, job.healthIntervalMs, effects.now())) return;
      await sayFor(effects, job, delivery, health);
    });
    // A back-fill of hours must not keep the health lines back.
    if (effects.now() - startedMs >= job.healthIntervalMs) {
      await sayHourly(effects, job, delivery, unheard());
    }
  }

  function start(each: SourceJob): void {
    asked.add(each.source.name);
    const slot = bothSlots(newTurn(), round.newSlot());
    const watched: Slot = {
      ...slot,
      async lend(wait) {
        waiting++;
        bell.ring();
        try {
          return await slot.lend(wait);
        } finally {
          waiting--;
        }
      },
    };
    const ended = slot
      .hold(() => work(each, watched))
      .catch((error) => {
        // The end of the run has failed nothing, and what the feeds came to counts.
        if (error instanceof StoppedError) return;
        fatal ??= { error };
        round.abort(error);
      })
      .finally(() => running.delete(each));
    running.set(each, ended);
  }

  for (;;) {
    if (goesOn()) {
      for (const each of dueSources(job, effects.now())) if (!running.has(each)) start(each);
    }
    if (running.size === 0) break;
    const ended = Promise.race([...running.values(), bell.rung()]);
    await (waiting === 0 ? ended : inTime(effects, ended, LOOK_EVERY_MS));
    await round.meanwhile?.().catch((error) => {
      fatal ??= { error };
      round.abort(error);
    });
  }
  if (fatal !== null) throw (fatal as { readonly error: unknown }).error;
  const failed = [...results.values()].some((result) => result.error !== null);
  // Where nothing was heard of Mimecast there is nothing to say, until that lasts.
  if (ok.size > 0 || failed || isSomeOverdue(job, effects.now())) {
    await sayHourly(effects, job, delivery, unheard());
  }
  return [...results.values()];
}

/** Something to wait for that can happen again and again. */
function createBell(): { ring(): void; rung(): Promise<void> } {
  let listeners: (() => void)[] = [];
  return {
    ring() {
      for (const resolve of listeners.splice(0)) resolve();
    },
    rung: () =>
      new Promise((resolve) => {
        listeners = [resolve];
      }),
  };
}

/** Waits for `ended`, but no longer than `delayMs`. */
async function inTime(
  effects: Pick<Effects, "sleep">,
  ended: Promise<void>,
  delayMs: number,
): Promise<void> {
  const over = new AbortController();
  await Promise.race([ended, effects.sleep(delayMs, over.signal).catch(() => {})]);
  over.abort();
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
