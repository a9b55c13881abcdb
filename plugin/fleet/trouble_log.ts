import type { Effects } from "../effects.ts";
import type { StateError } from "../errors.ts";

/** What goes on not working is said again after this. */
const SAY_AGAIN_MS = 300_000;

/** Says what keeps a worker from its fleet: once when it begins, from time to time while it goes on, and once when it is over. */
export function troubleLog(
  effects: Pick<Effects, "now" | "log">,
  worker: string,
): (trouble: StateError | null) => void {
  let known: { readonly code: string; readonly saidMs: number } | null = null;
  return (trouble) => {
    if (trouble === null) {
      if (known !== null) effects.log("info", "The fleet is back, collecting goes on", { worker });
      known = null;
      return;
    }
    const { code, hint, message } = trouble;
    const nowMs = effects.now();
    if (known?.code === code && Math.abs(nowMs - known.saidMs) < SAY_AGAIN_MS) return;
    known = { code, saidMs: nowMs };
    effects.log("error", `${message}: accounts wait`, { worker, code, hint });
  };
}
