import type { CallKind, RateLimits } from "../../client/budget/rate_limit.ts";
import type { AccountConfig } from "../../config/config.ts";
import type { Source } from "../../sources/source.ts";
import type { CheckResult, Reporter } from "./result.ts";

const HOUR_MS = 3_600_000;

/** Calls an hour that a configuration makes at least, by the kind that Mimecast limits: one page for each stream. */
export function callsAnHour(
  account: Pick<AccountConfig, "sources">,
  sources: readonly Pick<Source, "name" | "callKind" | "streams">[],
): Readonly<Record<CallKind, number>> {
  const calls = { batch: 0, stream: 0, other: 0 };
  for (const { name, intervalMs } of account.sources) {
    const source = sources.find((each) => each.name === name);
    if (source === undefined) continue;
    calls[source.callKind] += (source.streams.length * HOUR_MS) / intervalMs;
  }
  return calls;
}

/** What this configuration costs, beside what is allowed. */
export function callResults(
  report: Reporter,
  calls: Readonly<Record<CallKind, number>>,
  limits: RateLimits,
): CheckResult[] {
  return Object.entries(calls).flatMap(([kind, count]) => {
    if (count === 0) return [];
    const limit = limits[kind as CallKind];
    const check = `calls ${kind}`;
    const least = `at least ${Math.ceil(count)} calls an hour`;
    if (limit === undefined) return [report.ok(check, `${least}; no limit is known`)];
    const allowed = (limit.calls * HOUR_MS) / limit.perMs;
    const text = `${least} of ${Math.floor(allowed)} (limit ${limit.calls} in ${limit.perMs / 60_000} minutes)`;
    return count <= allowed
      ? [report.ok(check, text)]
      : [report.warn(check, text, "Raise interval_secs of the account or of these sources")];
  });
}
