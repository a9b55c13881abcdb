import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import type { KnownError } from "../errors.ts";
import type { Tenure } from "../fleet/tenure.ts";
import type { AccountJob } from "./job.ts";

/** Closes an account that another process is to have, and gives it away. What is not known to be safe comes twice. */
export async function handOver(
  effects: Pick<Effects, "log">,
  {
    job,
    tenure,
    release,
  }: {
    readonly job: Pick<AccountJob, "name" | "ledger">;
    readonly tenure?: Pick<Tenure, "sure">;
    readonly release: () => void | Promise<void>;
  },
  delivery: Delivery,
): Promise<void> {
  try {
    await tenure?.sure();
    await delivery.flush();
    await job.ledger.close("stopped");
    effects.log("info", "Account handed over", { account: job.name });
  } finally {
    await release();
  }
}

/** True where the store of a fleet failed, or the account is another process's: nothing can be written of the account then. */
export function isOfStore({ code }: KnownError): boolean {
  return code === "lock_lost" || code.startsWith("etcd_");
}
