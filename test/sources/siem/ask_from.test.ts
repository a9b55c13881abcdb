import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../../../plugin/errors.ts";
import { askFrom } from "../../../plugin/sources/siem/ask_from.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const KEPT_MS = 60 * MINUTE;
const refusal = new ApiError("no", { code: "http_400", status: 400, retryable: false });
const broken = new NetworkError("reset", { code: "network" });
const iso = (timeMs: number) => new Date(timeMs).toISOString();
const from = (timeMs: number) => iso(timeMs - KEPT_MS);

/** Asks where Mimecast's clock is `aheadMs` ahead; `answers` are what it says: false refuses. */
async function asked(
  aheadMs: number,
  answers: readonly (boolean | Error)[],
  options: { readonly isDated?: boolean; readonly learnsMs?: number } = {},
) {
  const starts: string[] = [];
  const script = [...answers];
  let nowMs = NOW;
  const { isDated = true, learnsMs = 0 } = options;
  const found = askFrom(
    { now: () => nowMs },
    KEPT_MS,
    (oldestMs) => iso(oldestMs),
    async (start) => {
      starts.push(start);
      const answer = script.shift();
      nowMs += learnsMs;
      if (answer instanceof Error) throw answer;
      if (answer === false) throw refusal;
      const date = new Date(NOW + aheadMs).toUTCString();
      return {
        number: starts.length,
        headers: (isDated ? { date } : {}) as Record<string, string>,
      };
    },
  );
  const result = await found.then(
    ({ start, answer }) => ({ start, number: answer.number }),
    (error: Error) => error,
  );
  return { starts, result };
}

describe("askFrom()", () => {
  const first = { start: from(NOW), number: 1 };
  it.each<[string, number, readonly (boolean | Error)[], unknown, number]>([
    ["once where the clocks agree", 0, [true], first, 1],
    ["once where they nearly do", 1_000 - 5 * MINUTE, [true], first, 1],
    [
      "again from an earlier start where this host's clock is ahead",
      -5 * MINUTE,
      [true, true],
      { start: from(NOW - 5 * MINUTE), number: 2 },
      2,
    ],
    ["once where it is behind: that was all there is", 30 * MINUTE, [true], first, 1],
    [
      "and keeps the first answer where the second is refused",
      -30 * MINUTE,
      [true, false],
      first,
      2,
    ],
  ])("asks %s", async (_what, aheadMs, answers, expected, calls) => {
    const { starts, result } = await asked(aheadMs, answers);
    expect(result).toEqual(expected);
    expect(starts).toHaveLength(calls);
  });

  it("goes by this host's clock where an answer has no time", async () => {
    const { starts, result } = await asked(-30 * MINUTE, [true], { isDated: false });
    expect(result).toEqual(first);
    expect(starts).toHaveLength(1);
  });

  it("asks again where a refusal has told the time, and not where it has not", async () => {
    const learnsMs = -30 * MINUTE;
    const { result } = await asked(0, [false, true], { learnsMs });
    expect(result).toEqual({ start: from(NOW - 30 * MINUTE), number: 2 });
    expect((await asked(0, [false])).result).toBe(refusal);
    expect((await asked(0, [false, false], { learnsMs })).result).toBe(refusal);
  });

  it("throws what is no refusal, at either question", async () => {
    expect((await asked(0, [broken])).result).toBe(broken);
    expect((await asked(-30 * MINUTE, [true, broken])).result).toBe(broken);
  });
});
