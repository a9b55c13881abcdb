import type { Effects } from "../effects.ts";
import type { Health } from "./health.ts";
import type { AccountJob } from "./job.ts";

/**
 * Reports that this host's clock differs from Mimecast's. The program loses nothing by that, but times in logs and health lines
 * are wrong, API 1.0 refuses the first signature of a process, and other programs of this host may trust the clock.
 */

/** NTP keeps a clock within a second; the program reports a difference of this many ms. */
export const WRONG_CLOCK_MS = 60_000;

/** The remedy. */
export const CLOCK_HINT =
  "Set this host's clock by NTP, for example with chrony or systemd-timesyncd";

/** The difference in words, without the remedy. `aheadMs` is negative where the clock is behind. */
export function clockText(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return `This host's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} Mimecast's`;
}

/** The health line of a clock that is wrong. */
export function clockHealth(aheadMs: number): Health {
  const message = `${clockText(aheadMs)}: feeds go by Mimecast's time (${CLOCK_HINT})`;
  return { status: "error", endpoint: "collector", message };
}

/**
 * Looks after each turn. A new difference goes to the log, to the checkpoint for `status`, and by `say` to QRadar, which
 * gets it again with the other health lines. The end of a difference goes to the log too.
 */
export async function watchClock(
  effects: Pick<Effects, "log">,
  job: Pick<AccountJob, "name" | "clock" | "ledger">,
  say: (health: Health) => Promise<void>,
): Promise<void> {
  const aheadMs = job.clock?.aheadMs() ?? null;
  if (aheadMs === null) return;
  const knownMs = job.ledger.checkpoint().clockAheadMs ?? null;
  const isWrong = Math.abs(aheadMs) >= WRONG_CLOCK_MS;
  if (!isWrong && knownMs === null) return;
  job.ledger.setClock(isWrong ? aheadMs : null);
  if (isWrong && knownMs !== null) return;
  const fields = { account: job.name, aheadMs };
  if (isWrong) {
    const more = { code: "clock_wrong", hint: CLOCK_HINT };
    effects.log("warn", clockText(aheadMs), { ...fields, ...more });
    await say(clockHealth(aheadMs));
  } else {
    effects.log("info", "This host's clock is right again", fields);
  }
  await job.ledger.save();
}
