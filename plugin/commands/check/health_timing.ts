import { longestSilenceMs, SILENCE_ALARM_SECS } from "../../collect/health.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import type { CheckResult, Reporter } from "./result.ts";

/** A warning where the collector, in good health, may be silent for as long as the sample rule of QRadar waits. */
export function silenceResults(
  report: Reporter,
  poll: Pick<Config["poll"], "healthIntervalMs" | "maxRunMs">,
  account: Pick<AccountConfig, "sources">,
): CheckResult[] {
  const intervals = account.sources.map(({ intervalMs }) => intervalMs);
  if (intervals.length === 0) return [];
  const longestSecs = Math.ceil(longestSilenceMs(poll, intervals) / 1_000);
  if (longestSecs < SILENCE_ALARM_SECS) return [];
  return [
    report.warn(
      "health interval",
      `a quiet tenant may send nothing for ${longestSecs} s; the sample rule of QRadar alarms after ${SILENCE_ALARM_SECS} s`,
      `Lower poll.health_interval_secs or interval_secs, or let the rule wait for more than ${longestSecs} s`,
    ),
  ];
}
