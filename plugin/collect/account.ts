import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { isSomeOverdue, sayFor, sayHourly } from "./account_health.ts";
import { watchClock } from "./clock_watch.ts";
import { consequenceOf } from "./consequence.ts";
import { healthDue } from "./health.ts";
import type { AccountJob, SourceJob, SourceResult } from "./job.ts";
import type { Stop } from "./leaving.ts";
import { afterTurn, beginRound, dueSources, goesOn, unheard, withTurns } from "./round.ts";
import { dueAt, NEW_SOURCE } from "./schedule.ts";
import { bothSlots, createSlots, type Patience, type Slot } from "./slots.ts";
import { createTasks } from "./tasks.ts";
import { collectSource } from "./turn.ts";

/** The earliest moment (ms since 1970) at which a source of the account is due. */
export function nextDue(job: AccountJob, nowMs: number): number {
  const states = job.ledger.checkpoint().sources;
  return Math.min(
    ...job.sources.map((each) => dueAt(states[each.source.name], each.intervalMs, nowMs)),
  );
}

/** Streams that the program must send again to a new shipper are due at once. */
export function dueAgain(job: AccountJob): void {
  const again = new Set(job.ledger.again);
  for (const { source } of job.sources) {
    if (!source.streams.some((stream) => again.has(stream))) continue;
    const state = job.ledger.checkpoint().sources[source.name] ?? NEW_SOURCE;
    job.ledger.setSource(source.name, { ...state, startedMs: 0, dueMs: 0 });
  }
}

/** Feeds that failed are due at once: the program has a new configuration, which may be the remedy. */
export function failedDue(job: AccountJob): void {
  const states = job.ledger.checkpoint().sources;
  for (const { source } of job.sources) {
    const state = states[source.name];
    if (state !== undefined && state.failures > 0) {
      job.ledger.setSource(source.name, { ...state, dueMs: 0 });
    }
  }
}

/** The limits of a round, and the parts that it shares with the other accounts. */
export interface Round {
  stop(): Stop;
  /** Ends every request of the account that is under way: something has happened that ends the run. */
  abort(reason: unknown): void;
  /** The right of one source to the slots of all accounts. */
  newSlot(): Slot;
  /** How a source that has a slot waits for Mimecast. Default: it keeps the slot. */
  patience?(slot: Slot): Patience;
  /** Called after each turn, and about every second while sources wait for Mimecast. */
  meanwhile?(): Promise<void>;
}

/**
 * Collects every source that is due to its end, and returns how each went. One source works at a time, the most overdue
 * first, and none longer than its share: a long back-fill takes turns with the sources that become due meanwhile. While a
 * source waits for Mimecast, the others work. A source that fails does not stop the others; refused credentials do. When no
 * source works any more, it throws the error that ends the account's run: `ShipperGoneError`, `DeliveryError`,
 * `StateError`, or a defect of the account as a whole.
 */
export async function collectAccount(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  rules: Round,
): Promise<readonly SourceResult[]> {
  const states = () => job.ledger.checkpoint().sources;
  const startedMs = effects.now();
  let round = beginRound(job.sources, states(), startedMs);
  const fatal: unknown[] = [];
  const end = (error: unknown): void => {
    fatal.push(error);
    rules.abort(error);
  };
  const stop = (): Stop => (fatal.length === 0 ? rules.stop() : "now");
  const tasks = createTasks<SourceJob>(effects, (error) => {
    // The end of the run is no failure, and the feeds' results count.
    if (consequenceOf(error).ends !== "nothing") end(error);
  });
  const newTurn = createSlots(1);

  async function work(each: SourceJob, slot: Slot): Promise<void> {
    // The others may have ended the round meanwhile.
    if (!goesOn(round, stop())) return;
    round = { ...round, hasBegun: true };
    const patience = rules.patience?.(slot);
    const turn = await collectSource(effects, job, each, delivery, { stop, patience });
    round = afterTurn(round, turn);
    await watchClock(effects, job, async (health) => {
      // Else it is one of the hourly lines at the end of the round.
      const { healthMs } = job.ledger.checkpoint();
      if (healthDue(healthMs, job.healthIntervalMs, effects.now())) return;
      await sayFor(effects, job, delivery, health);
    });
    // A back-fill of hours must not delay the health lines.
    if (effects.now() - startedMs >= job.healthIntervalMs) {
      await sayHourly(effects, job, delivery, unheard(round));
    }
  }

  for (;;) {
    const due = goesOn(round, stop()) ? dueSources(job.sources, states(), effects.now()) : [];
    const begun = due.filter((each) => !tasks.has(each));
    round = withTurns(round, begun);
    for (const each of begun) {
      tasks.start(each, bothSlots(newTurn(), rules.newSlot()), (slot) => work(each, slot));
    }
    if (tasks.count() === 0) break;
    await tasks.change();
    await rules.meanwhile?.().catch(end);
  }
  if (fatal.length > 0) throw fatal[0];
  const results = [...round.results.values()];
  const hasFailed = results.some(({ error }) => error !== null);
  // Without an answer of Mimecast's there is nothing to report, until that lasts too long.
  if (round.heard.size > 0 || hasFailed || isSomeOverdue(job, effects.now())) {
    await sayHourly(effects, job, delivery, unheard(round));
  }
  return results;
}
