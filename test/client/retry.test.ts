import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ADVICE_BOUNDS,
  advisedDelay,
  isRetryableStatus,
  RETRY_POLICY,
  rateLimitReset,
  retryDelay,
} from "../../plugin/client/retry.ts";
import { NetworkError } from "../../plugin/errors.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const first = { number: 1, waitedMs: 0, nowMs: NOW, random: 0.5 };
const limited = (headers: Record<string, string> = {}) => ({ status: 429, headers });

describe("advisedDelay()", () => {
  test.each([
    [{ "x-ratelimit-reset": "5000" }, 5_000],
    [{ "x-ratelimit-reset": "1" }, 1_000],
    [{ "x-ratelimit-reset": "3600000" }, 900_000],
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "86400" }, 900_000],
    [{ "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Mon, 02 Mar 2026 12:00:00 GMT" }, 900_000],
    [{ "retry-after": " Sun, 01 Mar 2026 12:00:30 GMT " }, 30_000],
    [{ "retry-after": " 7 " }, 7_000],
    [{ "x-ratelimit-reset": " 5000 " }, 5_000],
    [{ "x-ratelimit-reset": "86400000" }, 900_000],
    [{ "retry-after": "2", "x-ratelimit-reset": "9000" }, 9_000],
    [{ "retry-after": "20", "x-ratelimit-reset": "9000" }, 20_000],
  ])("%j is %i ms", (headers, delayMs) => {
    expect(advisedDelay(headers as Record<string, string>, NOW)).toBe(delayMs);
  });

  test.each([
    {},
    { "x-ratelimit-reset": "0" },
    { "x-ratelimit-reset": "-5" },
    { "x-ratelimit-reset": "5.5" },
    { "x-ratelimit-reset": "not an integer value" },
    { "x-ratelimit-reset": "1700000000000" },
    { "x-ratelimit-reset": "" },
    { "retry-after": "0" },
    { "retry-after": "86401" },
    { "x-ratelimit-reset": "86400001" },
    { "retry-after": "Sun, 01 Mar 2026 12:00:00 GMT" },
    { "retry-after": "Mon, 02 Mar 2026 12:00:01 GMT" },
    { "retry-after": "Sun, 99 Mar 2026 12:00:30 GMT" },
    { "retry-after": "soon" },
    { "retry-after": "2026-03-01T12:00:30Z" },
    { "retry-after": "Sun, 01 Mar 2026 11:59:30 GMT" },
    { "retry-after": "Sun, 1 Mar 2026 12:00:30 GMT" },
    { "retry-after": "Sunday, 01-Mar-26 12:00:30 GMT" },
    { "retry-after": "Sun, 01 Mar 2026 12:00:30 UTC" },
    { "retry-after": "Sun, 31 Mar 2099 12:00:30 GMT" },
  ])("%j is no advice", (headers) => {
    expect(advisedDelay(headers as Record<string, string>, NOW)).toBeNull();
  });

  test("stays in its bounds whatever the headers say", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (after, reset) => {
        const headers = { "retry-after": after, "x-ratelimit-reset": reset };
        const delayMs = advisedDelay(headers, NOW);
        if (delayMs === null) return;
        expect(delayMs).toBeGreaterThanOrEqual(ADVICE_BOUNDS.minMs);
        expect(delayMs).toBeLessThanOrEqual(ADVICE_BOUNDS.maxMs);
      }),
    );
  });
});

describe("rateLimitReset()", () => {
  test("is milliseconds, neither seconds nor an epoch", () => {
    expect(rateLimitReset("30")).toBe(30);
    expect(rateLimitReset(String(NOW))).toBeNull();
    expect(rateLimitReset(undefined)).toBeNull();
  });
});

describe("retryDelay()", () => {
  test("obeys the advice exactly", () => {
    expect(retryDelay(limited({ "x-ratelimit-reset": "4200" }), first)).toBe(4_200);
  });

  test("grows exponentially with full jitter, at least a second", () => {
    const delays = [1, 2, 3, 4].map((number) =>
      retryDelay({ status: 503, headers: {} }, { ...first, number, random: 0.999999 }),
    );
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000]);
    const low = retryDelay({ status: 503, headers: {} }, { ...first, number: 4, random: 0 });
    expect(low).toBe(1_000);
  });

  test("gives up after the last attempt, and where the wait would pass the total", () => {
    expect(retryDelay(limited(), { ...first, number: RETRY_POLICY.maxAttempts })).toBeNull();
    const advised = limited({ "x-ratelimit-reset": "900000" });
    expect(retryDelay(advised, first)).toBeNull();
    expect(retryDelay(advised, first, { ...RETRY_POLICY, maxTotalMs: 900_000 })).toBe(900_000);
    const waited = { ...first, waitedMs: RETRY_POLICY.maxTotalMs };
    expect(retryDelay({ status: 500, headers: {} }, waited)).toBeNull();
  });

  test("does not repeat what can't get better", () => {
    for (const status of [200, 302, 400, 401, 403, 404, 405, 409, 418, 501, 505]) {
      expect(isRetryableStatus(status), String(status)).toBe(false);
      expect(retryDelay({ status, headers: { "retry-after": "1" } }, first)).toBeNull();
    }
    for (const code of ["tls", "proxy_auth"]) {
      expect(retryDelay(new NetworkError("x", { code }), first)).toBeNull();
    }
  });

  test("repeats what may pass", () => {
    for (const status of [408, 429, 500, 502, 503, 504, 509]) {
      expect(isRetryableStatus(status), String(status)).toBe(true);
    }
    for (const code of ["dns", "connect", "timeout", "reset", "proxy"]) {
      expect(retryDelay(new NetworkError("x", { code }), first)).not.toBeNull();
    }
  });

  test("all waits of a call together stay within the total", () => {
    const outcome = fc.record({
      status: fc.constantFrom(429, 500, 503),
      headers: fc.constantFrom({}, { "retry-after": "100" }, { "x-ratelimit-reset": "60000" }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(outcome, fc.double({ min: 0, max: 0.99, noNaN: true }))),
        (steps) => {
          let waitedMs = 0;
          for (const [index, [each, random]] of steps.entries()) {
            const headers = each.headers as Record<string, string>;
            const at = { number: index + 1, waitedMs, nowMs: NOW, random };
            const delayMs = retryDelay({ status: each.status, headers }, at);
            if (delayMs === null) break;
            waitedMs += delayMs;
          }
          expect(waitedMs).toBeLessThanOrEqual(RETRY_POLICY.maxTotalMs);
        },
      ),
    );
  });
});
