import type { Effects } from "../../plugin/effects.ts";

/**
 * A clock that moves only when everything else stands still: whoever sleeps wakes in the order of time, and between two
 * moments all that can go on without time goes on. Deterministic as long as nothing real (threads, sockets, disks) is
 * waited for.
 */
export interface SimulatedClock extends Pick<Effects, "now" | "sleep"> {
  /** Lets time pass until `endMs`, or until nobody sleeps any more. */
  runUntil(endMs: number): Promise<void>;
  /** How many sleep now. */
  sleepers(): number;
}

interface Timer {
  readonly atMs: number;
  readonly number: number;
  wake(): void;
}

/** A simulated clock that begins at `startMs`, ms since 1970. */
export function createSimulatedClock(startMs: number): SimulatedClock {
  let nowMs = startMs;
  let count = 0;
  const timers = new Set<Timer>();

  function earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      const isEarlier =
        first === undefined ||
        timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.number < first.number);
      if (isEarlier) first = timer;
    }
    return first;
  }

  return {
    now: () => nowMs,
    sleepers: () => timers.size,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const end = () => {
          timers.delete(timer);
          signal?.removeEventListener("abort", stop);
        };
        const stop = () => {
          end();
          reject(signal?.reason);
        };
        const timer: Timer = {
          atMs: nowMs + Math.max(0, delayMs),
          number: count++,
          wake() {
            end();
            resolve();
          },
        };
        timers.add(timer);
        signal?.addEventListener("abort", stop, { once: true });
      }),
    async runUntil(endMs) {
      for (;;) {
        await everythingElse();
        const next = earliest();
        if (next === undefined || next.atMs > endMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      nowMs = Math.max(nowMs, endMs);
    },
  };
}

/** All promises that can go on without a timer have gone on. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
