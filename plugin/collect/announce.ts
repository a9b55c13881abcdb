import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { dueAgain } from "./account.ts";
import { sayFor } from "./account_health.ts";
import type { AccountJob } from "./job.ts";

/** Logs the positions at which the account starts, and tells QRadar if the program had to assume something. */
export async function announce(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
): Promise<void> {
  const { reason, again } = job.ledger;
  effects.log("debug", "Account opened", { account: job.name, reason, again });
  if (again.length > 0) {
    const fields = { account: job.name, reason, streams: again };
    effects.log(
      "warn",
      "Sending again what an earlier run had written, it is not known to be safe",
      fields,
    );
    dueAgain(job);
  }
  if (reason !== "new_parents" && reason !== "shippers_change") return;
  const message =
    reason === "new_parents"
      ? "Every run has a parent process of its own, so nothing is committed and all is sent again; set handover: drained if what reads stdout keeps every line"
      : "Each of the last runs had another shipper, so all of them are sent again; see that it keeps running, or set handover: drained";
  effects.log("error", message, { account: job.name });
  await sayFor(effects, job, delivery, { status: "error", endpoint: "collector", message });
}

/** Nothing is kept of the run, so every source is due; `notice` is said to QRadar. */
export async function announceLooking(
  effects: Effects,
  job: AccountJob,
  delivery: Delivery,
  { notice }: { readonly notice: string | null },
): Promise<void> {
  for (const { source } of job.sources) {
    const state = job.ledger.checkpoint().sources[source.name];
    if (state !== undefined)
      job.ledger.setSource(source.name, { ...state, startedMs: 0, dueMs: 0 });
  }
  if (notice === null) return;
  await sayFor(effects, job, delivery, { status: "error", endpoint: "collector", message: notice });
}
