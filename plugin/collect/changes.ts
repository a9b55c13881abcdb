import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { configHealth, sayFor } from "./account_health.ts";
import type { AccountPlan, Opened } from "./account_plan.ts";
import type { Crew } from "./crew.ts";
import { errorFields, knownError } from "./defect.ts";

/** What a run learns of the configuration while it lasts. */
export type Change =
  /** A new one, checked completely. */
  | { readonly plans: readonly AccountPlan[] }
  /** The newest one can't be taken, and why; null: it is in order again, and the one in use. */
  | { readonly problem: string | null };

/** The configuration of a run at this moment. */
export interface InUse {
  plans: readonly AccountPlan[];
  problem: string | null;
}

/** Takes over one configuration after the other, and tells QRadar and the checkpoints of those that can't be taken. */
export async function takeChanges(
  effects: Effects,
  changes: AsyncIterable<Change>,
  delivery: Delivery,
  run: { readonly crew: Crew; readonly opened: ReadonlySet<Opened>; readonly inUse: InUse },
): Promise<void> {
  const { crew, opened, inUse } = run;
  for await (const change of changes) {
    const before = inUse.problem;
    inUse.problem = "problem" in change ? change.problem : null;
    if (inUse.problem !== before) {
      for (const { job } of opened) await tell(effects, job, delivery, inUse.problem);
    }
    if (!("plans" in change)) continue;
    inUse.plans = change.plans;
    effects.log("info", "The new configuration is in use", { ...crew.take(change.plans) });
  }
}

async function tell(
  effects: Effects,
  job: Opened["job"],
  delivery: Delivery,
  problem: string | null,
): Promise<void> {
  try {
    job.ledger.setConfigProblem(problem);
    if (problem !== null) await sayFor(effects, job, delivery, configHealth(problem));
    await job.ledger.save();
  } catch (reason) {
    // The account meets the same where it works, and the log has the problem.
    const error = knownError(reason);
    const message = `Cannot tell of the configuration: ${error.message}`;
    effects.log("warn", message, { account: job.name, ...errorFields(error) });
  }
}
