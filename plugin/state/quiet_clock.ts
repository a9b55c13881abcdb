/**
 * Measures how long nothing has happened with a clock that may jump: a step of the wall clock, or a machine that slept,
 * counts as one look at most.
 */
export interface QuietClock {
  /** Something happened. */
  reset(): void;
  /** Milliseconds of quiet since then, as far as the program watched. */
  quietMs(): number;
}

/** Longer than any pause between two looks of a program that was awake. */
const MAX_LOOK_MS = 6000;

/** A quiet clock that starts now. */
export function createQuietClock(now: () => number): QuietClock {
  let lastMs = now();
  let quietMs = 0;
  return {
    reset() {
      lastMs = now();
      quietMs = 0;
    },
    quietMs() {
      const nowMs = now();
      quietMs += Math.min(Math.max(nowMs - lastMs, 0), MAX_LOOK_MS);
      lastMs = nowMs;
      return quietMs;
    },
  };
}
