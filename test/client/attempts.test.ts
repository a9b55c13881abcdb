import { describe, expect, test } from "vitest";
import { type Attempted, type Pacing, withRetries } from "../../plugin/client/attempts.ts";
import type { SharedBudget } from "../../plugin/client/budget/shared_budget.ts";
import { RETRY_POLICY } from "../../plugin/client/retry.ts";
import { ApiError, BudgetError, NetworkError } from "../../plugin/errors.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const FIELDS = { account: "acme", method: "GET", path: "/x" };

/** What `withRetries` does with these outcomes, where `delays` are the budget's answers to `take`, then 0. */
function setting(
  outcomes: readonly (number | Error | { status: number; headers: Record<string, string> })[],
  delays: readonly number[] = [],
  more: Partial<Pacing> = {},
) {
  const effects = createFakeEffects();
  const pauses: number[] = [];
  const kinds: string[] = [];
  const left = [...delays];
  const budget: SharedBudget = {
    take: (kind) => {
      kinds.push(kind);
      return left.shift() ?? 0;
    },
    left: () => null,
    answered: async () => {},
    pause: async (untilMs) => {
      pauses.push(untilMs - effects.now());
    },
  };
  const steps = [...outcomes];
  const once = async (): Promise<Attempted<string>> => {
    const step = steps.shift();
    if (step === undefined) return { value: "done" };
    if (step instanceof Error) throw step;
    const outcome = typeof step === "number" ? { status: step, headers: {} } : step;
    const error = new ApiError("said", { code: "c", status: outcome.status, retryable: true });
    return { error, outcome };
  };
  const pacing = { effects, policy: RETRY_POLICY, budget, fields: FIELDS, ...more };
  return { effects, pauses, kinds, done: withRetries(once, pacing) };
}

describe("withRetries()", () => {
  test("says of each repetition what it is and why", async () => {
    const { effects, done } = setting([503, new NetworkError("no way", { code: "dns" })]);
    expect(await done).toBe("done");
    expect(effects.logs).toEqual([
      {
        level: "warn",
        message: "Trying again",
        fields: { ...FIELDS, attempt: 1, delayMs: effects.sleeps[0], code: "c", error: "said" },
      },
      {
        level: "warn",
        message: "Trying again",
        fields: {
          ...FIELDS,
          attempt: 2,
          delayMs: effects.sleeps[1],
          code: "dns",
          error: "no way",
        },
      },
    ]);
  });

  test("waits in all no longer than the policy allows, the budget's waits included", async () => {
    const policy = { ...RETRY_POLICY, maxAttempts: 100, maxTotalMs: 100_000 };
    const advised = { status: 503, headers: { "retry-after": "30" } };
    const three = setting([advised, advised, advised, advised], [], { policy });
    await expect(three.done).rejects.toBeInstanceOf(ApiError);
    expect(three.effects.sleeps).toEqual([30_000, 30_000, 30_000]);
    const budgeted = setting([advised, advised, advised], [20_000, 30_000], { policy });
    await expect(budgeted.done).rejects.toBeInstanceOf(ApiError);
    expect(budgeted.effects.sleeps).toEqual([20_000, 30_000, 30_000]);
    const just = setting([advised, advised], [0, 0, 40_000], { policy });
    expect(await just.done).toBe("done");
    const late = setting([advised, advised], [0, 0, 40_001], { policy });
    await expect(late.done).rejects.toBeInstanceOf(BudgetError);
    expect(late.effects.sleeps).toEqual([30_000, 30_000]);
  });

  test("waits a minute in all for its turn, and not a moment longer", async () => {
    const { effects, kinds, done } = setting([], [20_000, 40_000], { kind: "batch" });
    expect(await done).toBe("done");
    expect(effects.sleeps).toEqual([20_000, 40_000]);
    expect(kinds).toEqual(["batch", "batch", "batch"]);
    expect(effects.logs[0]).toEqual({
      level: "debug",
      message: "Waiting for the rate limit",
      fields: { ...FIELDS, delayMs: 20_000 },
    });
    const late = setting([], [20_000, 40_001]);
    const error = await late.done.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BudgetError);
    expect(error).toMatchObject({ untilMs: late.effects.now() + 40_001 });
    expect(late.kinds).toEqual(["other", "other"]);
  });

  test("a 429 pauses the credential: by its delay, else by the advice, else by the longest", async () => {
    const limited = (headers: Record<string, string>) => ({ status: 429, headers });
    const short = setting([limited({ "retry-after": "7" }), 503]);
    await short.done;
    expect(short.pauses).toEqual([7_000]);
    const long = setting([limited({ "retry-after": "600" })]);
    await expect(long.done).rejects.toBeInstanceOf(ApiError);
    expect(long.pauses).toEqual([600_000]);
    const policy = { ...RETRY_POLICY, maxAttempts: 1 };
    const last = setting([limited({})], [], { policy });
    await expect(last.done).rejects.toBeInstanceOf(ApiError);
    expect(last.pauses).toEqual([policy.maxDelayMs]);
    const broken = setting([new NetworkError("x", { code: "reset" })]);
    await broken.done;
    expect(broken.pauses).toEqual([]);
  });

  test("lets a defect through", async () => {
    await expect(setting([new TypeError("defect")]).done).rejects.toThrow(TypeError);
  });
});
