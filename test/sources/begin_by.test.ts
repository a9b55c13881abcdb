import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginBy } from "../../plugin/sources/begin_by.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KEPT_MS = 24 * HOUR_MS;
const agoMs = fc.integer({ min: 0, max: KEPT_MS });
const skewMs = fc.integer({ min: -400 * 24 * HOUR_MS, max: 400 * 24 * HOUR_MS });
/** From the beginning to the first answer. */
const waitMs = fc.integer({ min: 0, max: 4 * HOUR_MS });

describe("where a feed begins by Mimecast's clock", () => {
  test("never later than was asked for, as far as Mimecast has it, under any clock", () => {
    fc.assert(
      fc.property(agoMs, skewMs, waitMs, fc.boolean(), (ago, skew, wait, isCorrected) => {
        const begunMs = NOW + skew;
        const sentMs = NOW + wait + (isCorrected ? 0 : skew);
        const begin = beginBy({ fromMs: begunMs - ago, begunMs }, sentMs, NOW + wait, KEPT_MS);
        const wantedMs = Math.max(NOW - ago, NOW + wait - KEPT_MS);
        // Five minutes of difference are none; a clock that was put right meanwhile hides how long it took.
        const unknownMs = 5 * MINUTE_MS + (isCorrected ? wait : 0);
        expect(begin).toBeLessThanOrEqual(wantedMs + unknownMs);
      }),
    );
  });

  test("and not where Mimecast has nothing any more, so that a clock that is behind makes no gap", () => {
    fc.assert(
      fc.property(agoMs, fc.integer({ min: 6 * MINUTE_MS }), (ago, behindMs) => {
        const begunMs = NOW - behindMs;
        const begin = beginBy({ fromMs: begunMs - ago, begunMs }, begunMs, NOW, KEPT_MS);
        expect(begin).toBeGreaterThanOrEqual(NOW - KEPT_MS);
      }),
    );
  });

  test("what Mimecast has lost before it first answered is left to be a gap", () => {
    const fromMs = NOW - 20 * HOUR_MS;
    for (const skew of [0, -10 * HOUR_MS]) {
      const beginning = { fromMs: fromMs + skew, begunMs: NOW + skew };
      const sentMs = NOW + skew + 10 * HOUR_MS;
      expect(beginBy(beginning, sentMs, NOW + 10 * HOUR_MS, KEPT_MS)).toBe(fromMs);
    }
  });

  test.each([
    [5 * MINUTE_MS - 1, 2 * HOUR_MS, 0],
    [5 * MINUTE_MS, 2 * HOUR_MS, -5 * MINUTE_MS],
    [1 - 5 * MINUTE_MS, HOUR_MS / 2, 0],
    [-5 * MINUTE_MS, HOUR_MS / 2, 5 * MINUTE_MS],
  ])("of a clock that is %i ms ahead, where Mimecast has %i ms: %i ms later", (...row) => {
    const [aheadMs, keptMs, laterMs] = row;
    const [begunMs, fromMs] = [NOW + aheadMs, NOW - HOUR_MS];
    expect(beginBy({ fromMs, begunMs }, begunMs, NOW, keptMs)).toBe(fromMs + laterMs);
  });

  test.each([
    ["the clock is right", NOW, NOW + 10_000],
    ["the beginning was given", null, NOW + 5 * HOUR_MS],
  ])("as it is where %s", (_why, begunMs, mimecastMs) => {
    const fromMs = NOW - 30 * HOUR_MS;
    expect(beginBy({ fromMs, begunMs }, NOW, mimecastMs, KEPT_MS)).toBe(fromMs);
  });
});
