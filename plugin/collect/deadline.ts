import { StoppedError } from "../errors.ts";

/** Requests, retries and waits that are under way when the time of a run is over get this long. */
export const REQUEST_GRACE_MS = 5_000;

/** A signal that is aborted once the time of a run (`maxRunMs`) and the grace are over. Does not keep the process. */
export function deadline(maxRunMs: number): AbortSignal {
  const over = new AbortController();
  const end = () => over.abort(new StoppedError("the time of the run is over"));
  setTimeout(end, maxRunMs + REQUEST_GRACE_MS).unref();
  return over.signal;
}
