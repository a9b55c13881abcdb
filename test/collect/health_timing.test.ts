import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { longestSilenceMs, SILENCE_ALARM_SECS } from "../../plugin/collect/health.ts";
import { overdueAfterMs } from "../../plugin/collect/schedule.ts";
import { silenceResults } from "../../plugin/commands/check/health_timing.ts";
import { reporter } from "../../plugin/commands/check/result.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";

function configOf(poll = "") {
  const text = `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X } }]\n${poll}`;
  const config = parseConfig(text, {}, { fileName: "config.yaml", mode: 0o600 });
  const [account] = config.accounts;
  if (account === undefined) throw new Error("no account");
  return { poll: config.poll, account, intervals: account.sources.map((each) => each.intervalMs) };
}

describe("health lines and alarms agree", () => {
  const { poll, account, intervals } = configOf();

  it("a collector in good health is never silent for as long as the rule of QRadar waits", () => {
    expect(longestSilenceMs(poll, intervals)).toBeLessThan(SILENCE_ALARM_SECS * 1_000);
    const rules = readFileSync("config-examples/qradar/rules.md", "utf8");
    expect(rules).toContain(`match in *${SILENCE_ALARM_SECS / 3_600}* *hour(s)* after`);
    expect(silenceResults(reporter("acme"), poll, account)).toEqual([]);
  });

  it("check warns where a configuration breaks that, and names the time", () => {
    for (const more of ["{ health_interval_secs: 7200 }", "{ interval_secs: 7200 }"]) {
      const other = configOf(`poll: ${more}\n`);
      const [warning] = silenceResults(reporter("acme"), other.poll, other.account);
      const secs = longestSilenceMs(other.poll, other.intervals) / 1_000;
      expect(warning).toMatchObject({
        outcome: "warn",
        text: expect.stringContaining(`${secs} s`),
      });
    }
  });

  it("the alerts of Prometheus wait for as long as a feed may take before it is overdue", () => {
    const text = readFileSync("config-examples/prometheus/mimecast-input.rules.yaml", "utf8");
    const rules: { alert: string; expr: string }[] = parse(text).groups[0].rules;
    const secondsOf = (name: string) =>
      Number(rules.find(({ alert }) => alert === name)?.expr.match(/> (\d+)$/)?.[1]);
    const interval = Math.max(...intervals);
    expect(secondsOf("MimecastInputNotCollected") * 1_000).toBe(overdueAfterMs(interval));
    const betweenRounds = Math.min(...intervals) + 60_000 + poll.maxRunMs;
    expect(secondsOf("MimecastInputSilent") * 1_000).toBeGreaterThan(betweenRounds);
  });
});
