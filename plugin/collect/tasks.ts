import type { Effects } from "../effects.ts";
import type { Slot } from "./slots.ts";

/** While tasks wait for Mimecast: how often it is looked whether there is something else to do. */
const LOOK_EVERY_MS = 1_000;

/** Tasks under way, each known by a key. */
export interface Tasks<Key> {
  has(key: Key): boolean;
  count(): number;
  /** Begins a task once a slot is free; what it throws goes to `failed`. */
  start(key: Key, slot: Slot, task: (slot: Slot) => Promise<void>): void;
  /** Resolves when a task has ended or begins to wait; while one waits, after about a second at the latest. */
  change(): Promise<void>;
}

/** No task yet. */
export function createTasks<Key>(
  effects: Pick<Effects, "sleep">,
  failed: (error: unknown) => void,
): Tasks<Key> {
  const running = new Map<Key, Promise<void>>();
  let waiting = 0;
  let ring = (): void => {};

  function watched(slot: Slot): Slot {
    return {
      ...slot,
      async lend(wait) {
        waiting++;
        ring();
        try {
          return await slot.lend(wait);
        } finally {
          waiting--;
        }
      },
    };
  }

  return {
    has: (key) => running.has(key),
    count: () => running.size,
    start(key, slot, task) {
      const ended = slot
        .hold(() => task(watched(slot)))
        .catch(failed)
        .finally(() => running.delete(key));
      running.set(key, ended);
    },
    async change() {
      const rung = new Promise<void>((resolve) => {
        ring = resolve;
      });
      const changed = Promise.race([...running.values(), rung]);
      await (waiting === 0 ? changed : atMost(effects, changed, LOOK_EVERY_MS));
    },
  };
}

async function atMost(
  effects: Pick<Effects, "sleep">,
  changed: Promise<void>,
  delayMs: number,
): Promise<void> {
  const over = new AbortController();
  await Promise.race([changed, effects.sleep(delayMs, over.signal).catch(() => {})]);
  over.abort();
}
