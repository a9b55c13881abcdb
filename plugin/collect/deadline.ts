import { StoppedError } from "../errors.ts";

/** Requests, retries and waits get this long after the time of a run is over. */
export const REQUEST_GRACE_MS = 5_000;
/** What `poll.max_run_secs` may be at most. */
const LONGEST_RUN_MS = 86_400_000;

/**
 * A signal that is aborted once the time of a run (`maxRunMs`) and the grace are over. Does not keep the process. Never
 * later, also for a file that takes longer: whoever starts the program relies on it (`timeout`, a unit's TimeoutStartSec), and a
 * run that is killed for it counts for nothing. The file is asked for again by the next run, and the hint names the way out.
 */
export function deadline(maxRunMs: number): AbortSignal {
  const over = new AbortController();
  const secs = Math.round(maxRunMs / 1000);
  const longerSecs = Math.round(Math.min(2 * maxRunMs, LONGEST_RUN_MS) / 1000);
  const end = () =>
    over.abort(
      new StoppedError(`the time of the run is over (poll.max_run_secs: ${secs})`, {
        hint: `If this comes again, set poll.max_run_secs: ${longerSecs} or more, or use poll --follow, which has no such limit`,
      }),
    );
  setTimeout(end, maxRunMs + REQUEST_GRACE_MS).unref();
  return over.signal;
}
