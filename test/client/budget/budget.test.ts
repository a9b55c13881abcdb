import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  book,
  budgetDelay,
  callsLeft,
  FULL_BUDGET,
  mergeBudgets,
  pause,
  spend,
} from "../../../plugin/client/budget/budget.ts";
import { callKind, tighterLimits } from "../../../plugin/client/budget/rate_limit.ts";

const NOW = 1_000_000;

describe("spend()", () => {
  test("remembers what is left and does not wait while there is something", () => {
    const budget = spend(
      FULL_BUDGET,
      { "x-ratelimit-remaining": "799", "x-ratelimit-reset": "5000" },
      NOW,
    );
    expect(budget.remaining).toBe(799);
    expect(budgetDelay(budget, NOW)).toBe(0);
  });

  test("waits for the reset once nothing is left", () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000" };
    const budget = spend(FULL_BUDGET, headers, NOW);
    expect(budgetDelay(budget, NOW)).toBe(5_000);
    expect(budgetDelay(budget, NOW + 4_999)).toBe(1);
    expect(budgetDelay(budget, NOW + 5_000)).toBe(0);
  });

  test.each(["0", "", "soon", "1700000000000", "-1"])(
    "does not wait without a usable reset: %j",
    (reset) => {
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
      expect(budgetDelay(spend(FULL_BUDGET, headers, NOW), NOW)).toBe(0);
    },
  );

  test("white space around a number does not matter", () => {
    expect(spend(FULL_BUDGET, { "x-ratelimit-remaining": " 7 " }, NOW).remaining).toBe(7);
  });

  test("an answer without headers changes nothing", () => {
    const paused = pause(FULL_BUDGET, NOW + 500);
    expect(spend(paused, {}, NOW)).toBe(paused);
  });
});

describe("pause()", () => {
  test("is never shortened by a later answer", () => {
    const paused = pause(FULL_BUDGET, NOW + 60_000);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "10" };
    expect(budgetDelay(spend(pause(paused, NOW + 1_000), headers, NOW), NOW)).toBe(60_000);
  });

  test("a clock that was set back does not stretch it beyond 15 minutes", () => {
    expect(budgetDelay(pause(FULL_BUDGET, NOW + 60_000), NOW - 86_400_000)).toBe(900_000);
  });
});

const LIMITS = { batch: { calls: 3, perMs: 1_000 } };

describe("book()", () => {
  test("never lets more than the limit go in any stretch of its time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 60 }),
        (calls, perMs, pauses) => {
          const limits = { batch: { calls, perMs } };
          let budget = FULL_BUDGET;
          let nowMs = NOW;
          const went: number[] = [];
          for (const pauseMs of pauses) {
            nowMs += pauseMs;
            nowMs += budgetDelay(budget, nowMs, "batch", limits);
            expect(budgetDelay(budget, nowMs, "batch", limits)).toBe(0);
            budget = book(budget, "batch", limits, nowMs);
            went.push(nowMs);
          }
          for (const [index, atMs] of went.entries()) {
            const before = went[index - calls];
            if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(perMs);
          }
        },
      ),
    );
  });

  test("counts each kind for itself and leaves kinds without a limit alone", () => {
    let budget = FULL_BUDGET;
    for (let call = 0; call < 9; call++) budget = book(budget, "other", LIMITS, NOW);
    expect(budget).toEqual(FULL_BUDGET);
    for (let call = 0; call < 3; call++) budget = book(budget, "batch", LIMITS, NOW);
    expect(budgetDelay(budget, NOW, "batch", LIMITS)).toBeGreaterThan(0);
    expect(budgetDelay(budget, NOW, "stream", LIMITS)).toBe(0);
  });

  test("a clock that was set back by a day does not stop the calls for a day", () => {
    let budget = FULL_BUDGET;
    for (let call = 0; call < 3; call++) budget = book(budget, "batch", LIMITS, NOW + 86_400_000);
    expect(budgetDelay(budget, NOW, "batch", LIMITS)).toBe(0);
  });

  test("a second is no wrong clock, more is", () => {
    const one = { batch: { calls: 1, perMs: 10_000 } };
    const at = (ms: number) => book(FULL_BUDGET, "batch", one, NOW + ms);
    expect(budgetDelay(at(1_000), NOW, "batch", one)).toBe(11_000);
    expect(budgetDelay(at(1_001), NOW, "batch", one)).toBe(0);
  });

  test("remembers no more than the limit", () => {
    let budget = FULL_BUDGET;
    for (let call = 0; call < 50; call++) budget = book(budget, "batch", LIMITS, NOW + call * 500);
    expect(budget.calls.batch).toHaveLength(3);
  });
});

describe("callsLeft()", () => {
  const limits = { batch: { calls: 3, perMs: 60_000 } };

  test("is what the limit leaves of the last stretch of its time", () => {
    const one = book(FULL_BUDGET, "batch", limits, NOW);
    const two = book(one, "batch", limits, NOW + 30_000);
    expect(callsLeft(FULL_BUDGET, NOW, "batch", limits)).toBe(3);
    expect(callsLeft(two, NOW + 30_000, "batch", limits)).toBe(1);
    expect(callsLeft(two, NOW + 60_000, "batch", limits)).toBe(2);
    expect(callsLeft(pause(two, NOW + 90_000), NOW + 60_000, "batch", limits)).toBe(0);
  });

  test("without a limit is what Mimecast said last, but for a nothing that has passed", () => {
    const said = (remaining: string) =>
      spend(FULL_BUDGET, { "x-ratelimit-remaining": remaining, "x-ratelimit-reset": "5000" }, NOW);
    expect(callsLeft(FULL_BUDGET, NOW, "other", limits)).toBeNull();
    expect(callsLeft(said("17"), NOW, "other", limits)).toBe(17);
    expect(callsLeft(said("0"), NOW, "other", limits)).toBe(0);
    expect(callsLeft(said("0"), NOW + 5_000, "other", limits)).toBeNull();
  });

  test("never promises a call that has to wait", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30_000), { maxLength: 20 }), (gaps) => {
        let budget = FULL_BUDGET;
        let nowMs = NOW;
        for (const gap of gaps) {
          nowMs += gap;
          const left = callsLeft(budget, nowMs, "batch", limits) ?? -1;
          expect(left > 0).toBe(budgetDelay(budget, nowMs, "batch", limits) === 0);
          if (left > 0) budget = book(budget, "batch", limits, nowMs);
        }
      }),
    );
  });
});

describe("mergeBudgets()", () => {
  test("knows the calls and the pause of both", () => {
    const one = pause(book(FULL_BUDGET, "batch", LIMITS, NOW), NOW + 9_000);
    const two = book(book(FULL_BUDGET, "batch", LIMITS, NOW + 10), "batch", LIMITS, NOW + 20);
    const both = mergeBudgets(one, two, LIMITS);
    expect(both.calls.batch).toEqual([NOW, NOW + 10, NOW + 20]);
    expect(both.pausedUntilMs).toBe(NOW + 9_000);
    expect(mergeBudgets(both, two, LIMITS)).toEqual(both);
    expect(mergeBudgets(two, one, LIMITS)).toEqual(both);
  });

  test("keeps the latest calls of each kind: as many as its limit has, a thousand without one", () => {
    const times = Array.from({ length: 1_500 }, (_, index) => index);
    const calls = (all: number[]) => ({
      ...FULL_BUDGET,
      calls: { batch: all, stream: all, other: [] },
    });
    const even = calls(times.filter((at) => at % 2 === 0));
    const odd = calls(times.filter((at) => at % 2 === 1));
    expect(mergeBudgets(odd, even, LIMITS).calls).toEqual({
      batch: [1_497, 1_498, 1_499],
      stream: times.slice(500),
      other: [],
    });
  });

  test("believes its own answer of what is left, else the other's", () => {
    const left = (remaining: number | null) => ({ ...FULL_BUDGET, remaining });
    for (const [one, two, wanted] of [
      [0, 5, 0],
      [null, 5, 5],
      [3, null, 3],
      [null, null, null],
    ] as const) {
      expect(mergeBudgets(left(one), left(two), LIMITS).remaining).toBe(wanted);
    }
  });
});

describe("callKind()", () => {
  test.each([
    ["/siem/v1/batch/events/cg", "batch"],
    ["/siem/v1/batch/events/ci", "batch"],
    ["/siem/v1/events/cg", "stream"],
    ["/api/audit/get-siem-logs", "other"],
    ["/api/audit/get-audit-events", "other"],
  ])("%s is %s", (path, kind) => {
    expect(callKind(path)).toBe(kind);
  });
});

describe("tighterLimits()", () => {
  test("takes the smaller rate of each kind", () => {
    const one = { batch: { calls: 50, perMs: 900_000 }, other: { calls: 1, perMs: 1_000 } };
    const two = { batch: { calls: 10, perMs: 60_000 }, stream: { calls: 5, perMs: 1_000 } };
    expect(tighterLimits(one, two)).toEqual({ ...one, stream: two.stream });
    expect(tighterLimits(two, one)).toEqual({ ...one, stream: two.stream });
    expect(Object.keys(tighterLimits(one, {}))).toEqual(["batch", "other"]);
  });
});
