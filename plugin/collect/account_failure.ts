import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { type KnownError, ShipperGoneError } from "../errors.ts";
import { sayFor } from "./account_health.ts";
import { errorFields, knownError } from "./defect.ts";
import { healthDue, unlessStopped } from "./health.ts";
import type { AccountJob } from "./job.ts";
import { afterFailure, NEW_SOURCE } from "./schedule.ts";

/**
 * Records the failure of an account as a whole as a failure of each of its feeds, so that `status` shows it, and tells
 * QRadar: at once, and then at the interval of all health lines. A step that fails goes to the log, because the disk may be
 * the cause. Throws a `ShipperGoneError` only.
 */
export async function noteAccountFailure(
  effects: Effects,
  job: Pick<AccountJob, "name" | "ledger" | "engines" | "sources" | "healthIntervalMs">,
  delivery: Delivery,
  error: KnownError,
): Promise<void> {
  const { ledger } = job;
  const nowMs = effects.now();
  const { sources, healthMs } = ledger.checkpoint();
  const isNew = job.sources.some(({ source }) => (sources[source.name]?.failures ?? 0) === 0);
  for (const { source, intervalMs } of job.sources) {
    const state = sources[source.name] ?? NEW_SOURCE;
    const poll = { startedMs: nowMs, nowMs, intervalMs, lasting: false, records: 0 };
    ledger.setSource(source.name, afterFailure(state, { ...poll, error: error.message }));
  }
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (reason) {
      if (reason instanceof ShipperGoneError) throw reason;
      const failure = knownError(reason);
      effects.log("warn", `Cannot write down that an account failed: ${failure.message}`, {
        account: job.name,
        ...errorFields(failure),
      });
    }
  };
  // The output may be what is full: the checkpoint tells `status` all the same.
  await attempt(async () => {
    if (!isNew && !healthDue(healthMs, job.healthIntervalMs, nowMs)) return;
    const { message, hint } = error;
    const text = hint === undefined ? message : `${message} (${hint})`;
    const line = { status: "error", endpoint: "collector", message: text } as const;
    if (await unlessStopped(sayFor(effects, job, delivery, line))) ledger.setHealth(nowMs);
  });
  await attempt(() => ledger.save());
}
