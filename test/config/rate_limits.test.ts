import { describe, expect, test } from "vitest";
import { DEFAULTS } from "../../plugin/config/defaults.ts";
import { parseRateLimit, rateLimitsOf } from "../../plugin/config/rate_limits.ts";
import { parse, problems, V1, V2 } from "../support/config_text.ts";

describe("parseRateLimit()", () => {
  test.each([
    ["50/15m", 50, 900_000],
    ["300/1h", 300, 3_600_000],
    ["1/1s", 1, 1_000],
    ["5/24h", 5, 86_400_000],
  ])("reads %s", (text, calls, perMs) => {
    expect(parseRateLimit(text)).toEqual({ calls, perMs });
  });

  test.each([
    "",
    "50",
    "0/1m",
    "50/0m",
    "50/15",
    "50/15d",
    "-1/1m",
    "1.5/1m",
    "50/25h",
    "50 / 15m",
  ])("refuses %j", (text) => {
    expect(parseRateLimit(text)).toBeUndefined();
  });
});

describe("rateLimitsOf()", () => {
  const mimecast = {
    batch: { calls: 50, perMs: 900_000 },
    stream: { calls: 300, perMs: 3_600_000 },
  };

  test("knows Mimecast's limits of the SIEM endpoints and no other", () => {
    expect(rateLimitsOf(undefined, undefined, false)).toEqual(mimecast);
    expect(DEFAULTS.poll.rate_limits).toEqual({ batch: "50/15m", stream: "300/1h" });
  });

  test("assumes nothing of a loopback address but what is configured", () => {
    expect(rateLimitsOf(undefined, undefined, true)).toEqual({});
    const batch = { calls: 2, perMs: 1_000 };
    expect(rateLimitsOf(undefined, { batch: "2/1s" }, true)).toEqual({ batch });
  });

  test("takes each kind from the account, then from poll", () => {
    const limits = rateLimitsOf({ batch: "9/1m" }, { batch: "8/1m", other: "7/1m" }, false);
    expect(limits).toEqual({
      batch: { calls: 9, perMs: 60_000 },
      stream: mimecast.stream,
      other: { calls: 7, perMs: 60_000 },
    });
  });
});

describe("rate_limits", () => {
  test("of the account and of poll come together", () => {
    const more = "    rate_limits: { other: 5/1s }\npoll: { rate_limits: { batch: 20/1m } }\n";
    expect(parse(V2 + more).accounts[0]?.rateLimits).toEqual({
      batch: { calls: 20, perMs: 60_000 },
      stream: { calls: 300, perMs: 3_600_000 },
      other: { calls: 5, perMs: 1_000 },
    });
    expect(parse(V1.replace("region: us", "base_url: http://[::1]:8")).accounts[0]).toMatchObject({
      rateLimits: {},
    });
  });

  test("a wrong one names the form", () => {
    expect(problems(`${V2}    rate_limits: { batch: 50 per hour }\n`)).toEqual([
      'line 8: "accounts[0].rate_limits.batch" must be calls and a time such as "50/15m", "300/1h" or "100/60s": current value is "50 per hour"',
    ]);
  });
});
