/**
 * How urgently the pump must end. "item": after the item in progress. "time": the run's time is over, so also inside the
 * item, once it has made progress. "now": after the chunk in progress.
 */
export type Stop = "no" | "item" | "time" | "now";

/**
 * Whether to leave an item in its middle, asked after each chunk with its fresh records. When the run's time is over: after
 * as long on fresh records as it took to come to them, so that an item that is slow to read comes to its end, in
 * however many runs; never beyond the run's deadline (deadline.ts).
 */
export function leaving(stop: () => Stop, now: () => number): (fresh: number) => boolean {
  const begunMs = now();
  let freshMs: number | null = null;
  return (fresh) => {
    if (fresh > 0) freshMs ??= now();
    const wanted = stop();
    if (wanted !== "time") return wanted === "now";
    return freshMs !== null && now() - freshMs >= freshMs - begunMs;
  };
}
