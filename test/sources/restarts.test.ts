import { describe, expect, it } from "vitest";
import { ApiError, AuthError, BudgetError, NetworkError } from "../../plugin/errors.ts";
import { askOr, isRefused, NO_RESTARTS, oneMoreRestart } from "../../plugin/sources/restarts.ts";

const apiError = (status: number, retryable: boolean, code = `http_${status}`) =>
  new ApiError("refused", { code, status, retryable });

describe("oneMoreRestart()", () => {
  it("counts three at once, then leaves it to a later run", () => {
    let restarts = NO_RESTARTS;
    for (const count of [1, 2, 3]) {
      const next = oneMoreRestart(restarts, 1_000_000 + count);
      expect(next).toEqual({ count, lastMs: 1_000_000 + count });
      restarts = next!;
    }
    expect(oneMoreRestart(restarts, 1_000_010)).toBeNull();
  });

  it.each([
    [59_999, null],
    [60_000, 1],
    [0, null],
    [-1, 1],
  ])("%i ms after the last one, the count is then %j", (laterMs, count) => {
    const next = oneMoreRestart({ count: 3, lastMs: 1_000_000 }, 1_000_000 + laterMs);
    expect(next?.count ?? null).toBe(count);
  });
});

describe("isRefused()", () => {
  it.each([
    [apiError(400, false), true],
    [apiError(403, false), true],
    [apiError(404, false), true],
    [apiError(500, true), true],
    [apiError(500, true, "not_mimecast"), true],
    [apiError(502, true), false],
    [apiError(429, true), false],
    [apiError(429, false), false],
    [apiError(403, false, "not_mimecast"), false],
    [apiError(200, false, "answer_too_large"), false],
    [new BudgetError(1_000, 0), false],
    [Object.assign(new BudgetError(1_000, 0), { status: 500 }), false],
    [new NetworkError("reset", { code: "network" }), false],
    [new AuthError("no", { code: "forbidden" }), false],
    [Object.assign(new Error("x"), { status: 500, retryable: false, code: "x" }), false],
    [null, false],
  ])("of %s (case %#) is %j", (error, expected) => {
    expect(isRefused(error)).toBe(expected);
  });
});

describe("askOr()", () => {
  const refusal = apiError(400, false);
  const broken = apiError(502, true);
  const throwing = (error: Error) => async (): Promise<string> => {
    throw error;
  };
  it("asks the second question only where the first is refused, and keeps that refusal where both are", async () => {
    const first = async () => "first";
    const second = async () => "second";
    expect(await askOr(first, throwing(new Error("never asked")))).toBe("first");
    expect(await askOr(throwing(refusal), second)).toBe("second");
    await expect(askOr(throwing(broken), second)).rejects.toBe(broken);
    await expect(askOr(throwing(refusal), throwing(apiError(404, false)))).rejects.toBe(refusal);
    await expect(askOr(throwing(refusal), throwing(broken))).rejects.toBe(broken);
  });
});
