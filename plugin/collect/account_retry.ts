import type { Effects } from "../effects.ts";
import { type KnownError, StateError } from "../errors.ts";
import { errorFields } from "./defect.ts";
import { isOfStore } from "./hand_over.ts";
import { accountRetryMs, tenureRetryMs } from "./schedule.ts";

/** The wait in ms before an account is opened again that failed so many times in a row. */
export function retryAfterMs(error: KnownError, failures: number, isShared: boolean): number {
  if (isShared && isOfStore(error)) return tenureRetryMs(failures);
  return accountRetryMs(isHeld(error) ? 1 : failures);
}

/** Another process has the account. */
export function isHeld(error: KnownError): boolean {
  return error instanceof StateError && error.code === "lock_held";
}

/** One line for the failure of an account; `retryMs` null: it is not tried again. */
export function logFailure(
  effects: Pick<Effects, "log">,
  plan: { readonly name: string },
  error: KnownError,
  retryMs: number | null,
): void {
  const fields = { account: plan.name, ...errorFields(error) };
  if (retryMs === null) effects.log("error", error.message, fields);
  else if (isHeld(error)) {
    effects.log("warn", `${error.message}, trying again`, { ...fields, retryMs });
  } else effects.log("error", `${error.message}, trying again`, { ...fields, retryMs });
}
