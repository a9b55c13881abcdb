import type { Effects } from "../effects.ts";

/** The right of one worker to one of the slots; it has at most one at a time. */
export interface Slot {
  /** Runs a task once a slot is free, in the order of asking, and gives the slot up when it has ended. */
  hold<T>(task: () => Promise<T>): Promise<T>;
  /**
   * Releases the slot while the task only waits, and takes the next free one after the wait, before tasks that have not
   * begun. Without a slot it only waits.
   */
  lend<T>(wait: () => Promise<T>): Promise<T>;
  /** True where somebody whose waiting is over wants the slot back. */
  isWanted(): boolean;
  /** Lets those go first whose waiting is over. */
  giveWay(): Promise<void>;
}

/** `size` slots; each call of the result gives one worker its right to them. */
export function createSlots(size: number): () => Slot {
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
    const slot: Slot = {
      isWanted: () => returning.length > 0,
      giveWay: () => giveWay(slot),
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
    return slot;
  };
}

async function giveWay(slot: Slot): Promise<void> {
  if (slot.isWanted()) await slot.lend(async () => {});
}

/** A slot of each kind at once: the outer one is taken first, and given up last. */
export function bothSlots(outer: Slot, inner: Slot): Slot {
  const slot: Slot = {
    hold: (task) => outer.hold(() => inner.hold(task)),
    lend: (wait) => inner.lend(() => outer.lend(wait)),
    isWanted: () => outer.isWanted() || inner.isWanted(),
    giveWay: () => giveWay(slot),
  };
  return slot;
}

/** Waits for a promise, and releases the slot if that takes long. */
export type Patience = <T>(wait: Promise<T>) => Promise<T>;

/** A wait that takes longer than this, or up to twice as long, releases its slot. */
const PATIENCE_MS = 1_000;

/**
 * A long wait (for an answer, a piece of it, a pause before a retry) goes on without the slot. After a short wait, tasks that
 * waited longer go first, so that a feed that is never slow does not block one that always is.
 */
export function lendingPatience(effects: Pick<Effects, "now" | "sleep">, slot: Slot): Patience {
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
    if (!isSettled) return slot.lend(() => wait);
    await slot.giveWay();
    return wait;
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
