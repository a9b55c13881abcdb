/**
 * Stops a process of the model at every effect until the scheduler lets it go on. A process that is killed is never
 * let go on again: it stands still for ever at the point where it was.
 */
export interface Gate {
  /** Parks the caller, until the signal rejects it where there is one. */
  pass(label: string, signal?: AbortSignal): Promise<void>;
  /** Lets the first parked caller go on and runs the process until it parks again. False where none is parked. */
  grant(): Promise<boolean>;
  /** Labels of the parked callers. */
  parked(): readonly string[];
  kill(): void;
}

interface Parked {
  readonly label: string;
  readonly go: () => void;
}

/** A gate for one process. */
export function createGate(): Gate {
  let waiting: Parked[] = [];
  let dead = false;
  return {
    pass(label, signal) {
      return new Promise((go, reject) => {
        if (dead) return;
        const caller: Parked = { label, go };
        waiting.push(caller);
        signal?.addEventListener(
          "abort",
          () => {
            if (!waiting.includes(caller)) return;
            waiting = waiting.filter((each) => each !== caller);
            reject(signal.reason);
          },
          { once: true },
        );
      });
    },
    async grant() {
      const first = waiting.shift();
      if (first === undefined) return false;
      first.go();
      await settled();
      return true;
    },
    parked: () => waiting.map(({ label }) => label),
    kill() {
      dead = true;
      waiting = [];
    },
  };
}

/** Resolves once every promise that can go on has gone on: the model has no other source of events. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
