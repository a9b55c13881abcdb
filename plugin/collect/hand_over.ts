import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import type { KnownError } from "../errors.ts";
import type { AccountRules, Opened } from "./account_plan.ts";
import { lookAfter, SETTLE_CHECK_MS } from "./account_rounds.ts";

/** An account that is moved waits at most so long for the shipper to read its lines. */
const LONGEST_SETTLE_MS = 120_000;

/**
 * Closes an account that another process is to have, and gives it away. Where there is no hurry, once the shipper has had time
 * to read its lines, so that nothing comes twice.
 */
export async function handOver(
  effects: Pick<Effects, "log" | "now" | "sleep">,
  { job, tenure, release }: Opened,
  delivery: Delivery,
  rules: Pick<AccountRules, "signal" | "shipperAlive">,
): Promise<void> {
  const { signal } = rules;
  const endMs = effects.now() + LONGEST_SETTLE_MS;
  const waits = () => !signal.aborted && tenure?.isHurried() === false && effects.now() < endMs;
  try {
    await tenure?.sure();
    while (waits() && (await lookAfter(job, delivery, rules))) {
      await effects.sleep(SETTLE_CHECK_MS, signal).catch(() => {});
    }
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
