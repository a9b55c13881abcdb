import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { isKnownError } from "../errors.ts";
import { clockHealth } from "./clock_watch.ts";
import { errorFields, knownError } from "./defect.ts";
import { type Health, healthDue, say, sourceHealth, unlessStopped } from "./health.ts";
import type { AccountJob } from "./job.ts";
import { isOverdue } from "./schedule.ts";

/** True if Mimecast has not answered for a feed of the account for too long. */
export function isSomeOverdue(job: AccountJob, nowMs: number): boolean {
  const states = job.ledger.checkpoint().sources;
  return job.sources.some(({ source, intervalMs }) =>
    isOverdue(states[source.name], intervalMs, nowMs),
  );
}

/** At least once an interval: one line per source, so that silence means trouble and lag can be searched. `unheard` have said their trouble, or have no answer yet. */
export async function sayHourly(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  unheard: ReadonlySet<string>,
): Promise<void> {
  const nowMs = effects.now();
  const { healthMs } = job.ledger.checkpoint();
  if (!healthDue(healthMs, job.healthIntervalMs, nowMs)) return;
  // Before the lines: a line that fails must not be tried again with every turn.
  job.ledger.setHealth(nowMs);
  const isSaid = await unlessStopped(sayAll(effects, job, delivery, unheard));
  // The next run sends it.
  if (!isSaid) job.ledger.setHealth(healthMs);
  await job.ledger.save();
}

async function sayAll(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  unheard: ReadonlySet<string>,
): Promise<void> {
  const nowMs = effects.now();
  const { sources, clockAheadMs, configProblem } = job.ledger.checkpoint();
  for (const { source, intervalMs } of job.sources) {
    const state = sources[source.name];
    const health = state && sourceHealth(source, state, intervalMs, nowMs);
    if (state === undefined || health === null || health === undefined) continue;
    if (unheard.has(source.name) && (health.status === "ok" || state.failures > 0)) continue;
    await sayFor(effects, job, delivery, health).catch((reason) => {
      if (isKnownError(reason)) throw reason;
      const error = knownError(reason);
      const fields = { account: job.name, source: source.name, ...errorFields(error) };
      effects.log("error", error.message, fields);
    });
  }
  if (clockAheadMs !== undefined) {
    await sayFor(effects, job, delivery, clockHealth(clockAheadMs));
  }
  if (configProblem !== undefined) {
    await sayFor(effects, job, delivery, configHealth(configProblem));
  }
}

/** What QRadar is told where the newest configuration can't be taken. */
export function configHealth(problem: string): Health {
  return { status: "error", endpoint: "collector", message: problem };
}

/** A health line of the account. */
export async function sayFor(
  effects: Effects,
  job: Pick<AccountJob, "name" | "engines">,
  delivery: Delivery,
  health: Health,
): Promise<void> {
  const engine = job.engines.borrow();
  try {
    await say(effects, { name: job.name, engine }, delivery, health);
  } finally {
    job.engines.giveBack(engine);
  }
}
