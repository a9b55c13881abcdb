import type { Effects } from "./effects.ts";

/** The right of one worker to one of the places; it has at most one at a time. */
export interface Place {
  /** Runs a task once a place is free, in the order of asking, and gives the place up when it has ended. */
  hold<T>(task: () => Promise<T>): Promise<T>;
  /**
   * Gives the place up while the task in progress does nothing but wait, and takes the next free one when the waiting
   * is over: before those who have not begun. Without a place it just waits.
   */
  lend<T>(wait: () => Promise<T>): Promise<T>;
}

/** `size` places; each call of the result gives one worker its right to them. */
export function createPlaces(size: number): () => Place {
  let free = size;
  const beginning: (() => void)[] = [];
  const returning: (() => void)[] = [];
  const take = async (queue: (() => void)[]): Promise<void> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
  };
  const giveUp = (): void => {
    const next = returning.shift() ?? beginning.shift();
    if (next === undefined) free++;
    else next();
  };
  return () => {
    let isHeld = false;
    return {
      async hold(task) {
        await take(beginning);
        isHeld = true;
        try {
          return await task();
        } finally {
          isHeld = false;
          giveUp();
        }
      },
      async lend(wait) {
        if (!isHeld) return wait();
        isHeld = false;
        giveUp();
        try {
          return await wait();
        } finally {
          await take(returning);
          isHeld = true;
        }
      },
    };
  };
}

/** A place of each kind at once: the outer one is taken first, and given up last. */
export function bothPlaces(outer: Place, inner: Place): Place {
  return {
    hold: (task) => outer.hold(() => inner.hold(task)),
    lend: (wait) => inner.lend(() => outer.lend(wait)),
  };
}

/** Waits for something that is under way, and knows what to do where it takes long. */
export type Patience = <T>(wait: Promise<T>) => Promise<T>;

/** An answer that takes longer than this, or up to twice as long, is waited for without a place. */
const PATIENCE_MS = 1_000;

/** What is slow to come (an answer, a piece of it, a pause before a retry) is waited for without the place. */
export function lendingPatience(effects: Pick<Effects, "now" | "sleep">, place: Place): Patience {
  // One alarm for all waits of a second: there is a wait for each block of records.
  let alarm: Promise<void> | null = null;
  const nextAlarm = (): Promise<void> => {
    alarm ??= effects.sleep(PATIENCE_MS).finally(() => {
      alarm = null;
    });
    return alarm;
  };
  return async (wait) => {
    const sinceMs = effects.now();
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    const settled = wait.then(settle, settle);
    do await Promise.race([settled, nextAlarm()]);
    while (!isSettled && Math.abs(effects.now() - sinceMs) < PATIENCE_MS);
    return isSettled ? wait : place.lend(() => wait);
  };
}

/** The same pieces, each waited for with patience. */
export async function* patiently<T>(
  pieces: AsyncIterable<T>,
  patience: Patience,
): AsyncGenerator<T> {
  const each = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await patience(each.next());
      if (done) return;
      yield value;
    }
  } finally {
    await each.return?.();
  }
}
