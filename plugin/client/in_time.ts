import { TimeoutError } from "./network_error.ts";

/**
 * The promise's outcome, or a rejection as soon as `ended` aborts: by somebody else, or by this function after
 * `timeoutMs` with `late`.
 */
export function inTime<T>(
  promise: Promise<T>,
  timeoutMs: number,
  ended: AbortController,
  late: TimeoutError = new TimeoutError(),
): Promise<T> {
  const { signal } = ended;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    const timer = setTimeout(() => ended.abort(late), timeoutMs);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    });
  });
}
