import type { Effects, HttpResponse } from "./effects.ts";

/** The right of one account to one of the places; it has at most one at a time. */
export interface Place {
  /** Runs a task once a place is free, in the order of asking, and gives the place up when it has ended. */
  hold<T>(task: () => Promise<T>): Promise<T>;
  /**
   * Gives the place up while the task in progress does nothing but wait, and takes the next free one when the waiting
   * is over: before those who have not begun. Without a place it just waits.
   */
  lend<T>(wait: () => Promise<T>): Promise<T>;
}

/** `size` places (`max_concurrency`); each call of the result gives one account its right to them. */
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

/** An answer that takes longer than this to come is waited for without a place. */
const PATIENCE_MS = 1_000;

/**
 * The world of an account's client: what it waits for (a pause before a retry, the rate limit, an answer or a piece of it
 * that is slow to come) does not take a place from the other accounts.
 */
export function lendingEffects(effects: Effects, place: Place): Effects {
  const patient = async <T>(wait: Promise<T>): Promise<T> => {
    const settled = wait.then(
      () => true,
      () => true,
    );
    const answered = new AbortController();
    const late = effects.sleep(PATIENCE_MS, answered.signal).then(
      () => false,
      () => true,
    );
    const inTime = await Promise.race([settled, late]);
    answered.abort();
    return inTime ? wait : place.lend(() => wait);
  };
  return {
    ...effects,
    sleep: (delayMs, signal) => place.lend(() => effects.sleep(delayMs, signal)),
    async fetch(request) {
      const answer = await patient(effects.fetch(request));
      return { ...answer, body: patientBody(answer.body, patient) };
    },
  };
}

function patientBody(
  body: HttpResponse["body"],
  patient: <T>(wait: Promise<T>) => Promise<T>,
): HttpResponse["body"] {
  return {
    [Symbol.asyncIterator]() {
      const pieces = body[Symbol.asyncIterator]();
      return {
        next: () => patient(pieces.next()),
        return: async () => (await pieces.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
