import { describe, expect, test } from "vitest";
import { budgetDelay, FULL_BUDGET, pause, spend } from "../../plugin/client/budget.ts";

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
