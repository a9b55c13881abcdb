import { describe, expect, it } from "vitest";
import { type Budget, book, budgetDelay, FULL_BUDGET } from "../../plugin/client/budget/budget.ts";
import { assign } from "../../plugin/fleet/assign.ts";
import { IS_ALL } from "../support/amount.ts";

const HOUR = 3_600_000;
/** A week in CI, else a day. */
const HOURS = IS_ALL ? 168 : 24;
const WEEK = HOURS * HOUR;
const INTERVAL = 900_000;
const LEASE = 15_000;
/** A worker looks once a second; etcd looks for ended leases twice a second. */
const NOTICED = 2_000;
const AWAY = 20 * 60_000;
const ACCOUNTS = Array.from({ length: 1_000 }, (_, index) => `tenant-${index}`);
const WORKERS = Array.from({ length: 10 }, (_, index) => `worker-${index}`);
/** As many calls as a poll makes, and what Mimecast allows a key. */
const CALLS = 10;
const LIMITS = { batch: { calls: 50, perMs: 900_000 } };
/** So many accounts have more to fetch at every moment. */
const BEHIND = 10;
const NO_PINS: ReadonlyMap<string, string> = new Map();

/** A change of the fleet: these workers are there from then on. */
interface Change {
  readonly atMs: number;
  readonly live: readonly string[];
}

/** One worker is lost each hour, another one each time, and comes back after 20 minutes. */
function changes(): Change[] {
  const all: Change[] = [{ atMs: 0, live: WORKERS }];
  for (let hour = 1; hour * HOUR < WEEK; hour++) {
    const lost = WORKERS[hour % WORKERS.length] as string;
    const atMs = hour * HOUR + ((hour * 977_777) % INTERVAL);
    all.push({ atMs: atMs + LEASE + NOTICED, live: WORKERS.filter((name) => name !== lost) });
    all.push({ atMs: atMs + AWAY, live: WORKERS });
  }
  return all;
}

function candidates(live: readonly string[]) {
  return live.map((name) => ({ name, weight: 1, draining: false, accounts: null }));
}

describe("a week of 1,000 accounts and ten workers, of which one is lost each hour", () => {
  it("shares the accounts out evenly at every moment, and moves only what has to move", () => {
    let owners: ReadonlyMap<string, string> = new Map();
    for (const { live } of changes()) {
      const next = assign({ accounts: ACCOUNTS, workers: candidates(live), owners, pins: NO_PINS });
      const loads = new Map(live.map((name) => [name, 0]));
      for (const name of next.values()) loads.set(name, (loads.get(name) ?? 0) + 1);
      const average = ACCOUNTS.length / live.length;
      for (const load of loads.values()) {
        expect(Math.abs(load - average) / average).toBeLessThan(0.15);
      }
      const moved = ACCOUNTS.filter(
        (name) => owners.has(name) && owners.get(name) !== next.get(name),
      );
      expect(moved.length).toBeLessThanOrEqual(112);
      owners = next;
    }
  });

  it("polls each feed within its interval and the takeover, and never exceeds what Mimecast allows", () => {
    const all = changes();
    let owners: ReadonlyMap<string, string> = new Map();
    /** Of each account, what the next owner finds in the store. */
    const state = new Map(
      ACCOUNTS.map((name) => [
        name,
        { dueMs: 0, polledMs: 0, budget: FULL_BUDGET as Budget, calls: [] as number[] },
      ]),
    );
    let [worst, most, takeovers] = [0, 0, 0];
    for (const [index, { atMs, live }] of all.entries()) {
      const untilMs = all[index + 1]?.atMs ?? WEEK;
      const before = owners;
      owners = assign({ accounts: ACCOUNTS, workers: candidates(live), owners, pins: NO_PINS });
      // The next worker to be lost is gone for a lease before the others know.
      const next = new Set(all[index + 1]?.live ?? live);
      const lostMs = untilMs - LEASE - NOTICED;
      for (const account of ACCOUNTS) {
        const owner = owners.get(account) as string;
        const each = state.get(account)!;
        if (index > 0 && before.get(account) !== owner) takeovers++;
        const stopMs = next.has(owner) ? untilMs : Math.min(untilMs, lostMs);
        for (;;) {
          let startMs = Math.max(each.dueMs, atMs);
          startMs += budgetDelay(each.budget, startMs, "batch", LIMITS);
          if (startMs >= stopMs) break;
          for (let call = 0; call < CALLS; call++) {
            const delayMs = budgetDelay(each.budget, startMs, "batch", LIMITS);
            startMs += delayMs + 200;
            each.budget = book(each.budget, "batch", LIMITS, startMs);
            each.calls.push(startMs);
          }
          const isBehind = ACCOUNTS.indexOf(account) < BEHIND;
          if (each.polledMs > 0 && !isBehind) worst = Math.max(worst, startMs - each.polledMs);
          each.polledMs = startMs;
          each.dueMs = isBehind ? startMs : startMs - CALLS * 200 + INTERVAL;
        }
      }
    }
    for (const { calls, polledMs } of state.values()) {
      expect(WEEK - polledMs).toBeLessThanOrEqual(INTERVAL + LEASE + NOTICED);
      for (const [index, atMs] of calls.entries()) {
        const first = calls[index - LIMITS.batch.calls];
        if (first !== undefined) most = Math.max(most, LIMITS.batch.perMs - (atMs - first));
      }
    }
    expect(takeovers).toBeGreaterThan(150 * (HOURS - 2));
    expect(worst).toBeLessThanOrEqual(INTERVAL + LEASE + NOTICED + CALLS * 200);
    expect(most).toBeLessThanOrEqual(0);
  });
});
