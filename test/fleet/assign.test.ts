import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, type Candidate, score } from "../../plugin/fleet/assign.ts";
import { runs } from "../support/amount.ts";

const NONE: ReadonlyMap<string, string> = new Map();

function accountsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `account-${index}`);
}

function worker(name: string, more: Partial<Candidate> = {}): Candidate {
  return { name, weight: 1, draining: false, accounts: null, ...more };
}

function workersOf(count: number): Candidate[] {
  return Array.from({ length: count }, (_, index) => worker(`worker-${index}`));
}

function loads(shares: ReadonlyMap<string, string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of shares.values()) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}

function moved(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after.keys()].filter((account) => before.get(account) !== after.get(account));
}

const amounts = fc.record({ accounts: fc.nat(120), workers: fc.integer({ min: 2, max: 12 }) });

describe("assign()", () => {
  it("gives shares that differ by one account at most, of the same weight", () => {
    fc.assert(
      fc.property(amounts, ({ accounts, workers }) => {
        const all = workersOf(workers);
        const found = loads(
          assign({ accounts: accountsOf(accounts), workers: all, owners: NONE, pins: NONE }),
        );
        const sizes = all.map(({ name }) => found.get(name) ?? 0);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(accounts);
      }),
      { numRuns: runs(100) },
    );
  });

  it("gives shares in proportion to the weights", () => {
    const weighted = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weighted, fc.nat(150), (weights, count) => {
        const all = weights.map((weight, index) => worker(`worker-${index}`, { weight }));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const found = loads(
          assign({ accounts: accountsOf(count), workers: all, owners: NONE, pins: NONE }),
        );
        for (const { name, weight } of all) {
          expect(Math.abs((found.get(name) ?? 0) - (count * weight) / total)).toBeLessThan(1);
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it("changes nothing where nothing has changed", () => {
    fc.assert(
      fc.property(amounts, ({ accounts, workers }) => {
        const all = { accounts: accountsOf(accounts), workers: workersOf(workers), pins: NONE };
        const first = assign({ ...all, owners: NONE });
        expect(assign({ ...all, owners: first })).toEqual(first);
        // Whoever looks, and in whatever order the store answers.
        const turned = {
          ...all,
          accounts: all.accounts.toReversed(),
          workers: all.workers.toReversed(),
        };
        expect(new Map([...assign({ ...turned, owners: first })].sort())).toEqual(
          new Map([...first].sort()),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  it("moves only the accounts of a worker that goes", () => {
    fc.assert(
      fc.property(amounts, fc.nat(11), ({ accounts, workers }, index) => {
        const all = workersOf(workers);
        const gone = all[index % workers] as Candidate;
        const names = accountsOf(accounts);
        const before = assign({ accounts: names, workers: all, owners: NONE, pins: NONE });
        const rest = all.filter(({ name }) => name !== gone.name);
        const after = assign({ accounts: names, workers: rest, owners: before, pins: NONE });
        for (const account of moved(before, after)) expect(before.get(account)).toBe(gone.name);
      }),
      { numRuns: runs(100) },
    );
  });

  it("moves only the share of a worker that comes, and only to it", () => {
    fc.assert(
      fc.property(amounts, ({ accounts, workers }) => {
        const all = workersOf(workers);
        const names = accountsOf(accounts);
        const before = assign({ accounts: names, workers: all, owners: NONE, pins: NONE });
        const next = worker("worker-that-comes");
        const after = assign({
          accounts: names,
          workers: [...all, next],
          owners: before,
          pins: NONE,
        });
        const changed = moved(before, after);
        for (const account of changed) expect(after.get(account)).toBe(next.name);
        expect(changed.length).toBeLessThanOrEqual(Math.ceil(accounts / (workers + 1)));
      }),
      { numRuns: runs(100) },
    );
  });

  it("brings a worker that was away for a while most of its accounts back", () => {
    const names = accountsOf(100);
    const all = workersOf(10);
    const before = assign({ accounts: names, workers: all, owners: NONE, pins: NONE });
    const without = assign({ accounts: names, workers: all.slice(1), owners: before, pins: NONE });
    const again = assign({ accounts: names, workers: all, owners: without, pins: NONE });
    const had = names.filter((account) => before.get(account) === "worker-0");
    const has = new Set(names.filter((account) => again.get(account) === "worker-0"));
    expect(had.filter((account) => has.has(account)).length).toBeGreaterThanOrEqual(6);
  });

  it("heeds a pin while its worker is alive", () => {
    const names = accountsOf(9);
    const all = workersOf(3);
    const pins = new Map(names.slice(0, 5).map((account) => [account, "worker-1"]));
    const shares = assign({ accounts: names, workers: all, owners: NONE, pins });
    for (const account of pins.keys()) expect(shares.get(account)).toBe("worker-1");
    expect(loads(shares)).toEqual(
      new Map([
        ["worker-1", 5],
        ["worker-0", 2],
        ["worker-2", 2],
      ]),
    );
    const rest = assign({
      accounts: names,
      workers: all.filter(({ name }) => name !== "worker-1"),
      owners: shares,
      pins,
    });
    expect([...loads(rest).values()].sort()).toEqual([4, 5]);
  });

  it("gives a draining worker nothing, and nobody anything where all are", () => {
    const names = accountsOf(10);
    const all = workersOf(3);
    const before = assign({ accounts: names, workers: all, owners: NONE, pins: NONE });
    const draining = all.map((each) =>
      each.name === "worker-1" ? { ...each, draining: true } : each,
    );
    const after = assign({ accounts: names, workers: draining, owners: before, pins: NONE });
    expect([...loads(after).values()]).toEqual([5, 5]);
    for (const account of moved(before, after)) expect(before.get(account)).toBe("worker-1");
    const none = all.map((each) => ({ ...each, draining: true }));
    expect(assign({ accounts: names, workers: none, owners: before, pins: NONE }).size).toBe(0);
    expect(assign({ accounts: names, workers: [], owners: before, pins: NONE }).size).toBe(0);
  });

  it("gives an account only to a worker that can collect it", () => {
    const able = fc.record({
      accounts: fc.uniqueArray(fc.nat(30), { maxLength: 30 }),
      lists: fc.array(fc.array(fc.nat(30)), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(able, ({ accounts, lists }) => {
        const all = lists.map((list, index) =>
          worker(`worker-${index}`, {
            accounts: new Set(list.map((number) => `account-${number}`)),
          }),
        );
        const names = accounts.map((number) => `account-${number}`);
        const shares = assign({ accounts: names, workers: all, owners: NONE, pins: NONE });
        for (const account of names) {
          const can = all.filter((each) => each.accounts?.has(account)).map(({ name }) => name);
          if (can.length === 0) expect(shares.has(account)).toBe(false);
          else expect(can).toContain(shares.get(account));
        }
        expect(assign({ accounts: names, workers: all, owners: shares, pins: NONE })).toEqual(
          shares,
        );
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("score()", () => {
  it("lets a worker win in proportion to its weight", () => {
    const [heavy, light] = [worker("heavy", { weight: 3 }), worker("light")];
    const names = accountsOf(4_000);
    const won = names.filter((account) => score(account, heavy) > score(account, light)).length;
    // Three quarters; σ is 27.
    expect(Math.abs(won - 3_000)).toBeLessThan(140);
  });
});
