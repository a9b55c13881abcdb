import type { Effects } from "../effects.ts";
import { ShipperGoneError } from "../errors.ts";
import type { AccountPlan, AccountRules } from "./account_plan.ts";

/** How often a process without work looks whether its shipper is there. */
export const IDLE_CHECK_MS = 5000;

/** The process that started us has ended. */
export function shipperGone(): ShipperGoneError {
  return new ShipperGoneError("Cannot go on: the process that started us has ended", {
    code: "shipper_gone",
  });
}

/**
 * Aborts `gone` once the shipper is gone: in a fleet no account of this process may be open that looks after it. Never resolves.
 */
export async function watchShipper(
  effects: Pick<Effects, "sleep">,
  plans: readonly Pick<AccountPlan, "isShared">[],
  { mode, signal, shipperAlive }: Pick<AccountRules, "mode" | "signal" | "shipperAlive">,
  gone: AbortController,
): Promise<never> {
  const isWatched = mode === "follow" && plans.some(({ isShared }) => isShared);
  while (isWatched && !signal.aborted) {
    if (!(await shipperAlive())) gone.abort(shipperGone());
    await effects.sleep(IDLE_CHECK_MS, signal).catch(() => {});
  }
  return new Promise(() => {});
}
