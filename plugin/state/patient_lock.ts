import type { Effects } from "../effects.ts";
import { StateError } from "../errors.ts";
import type { Release } from "./lock.ts";

/** A predecessor that ends gets this long to release its lock. */
const LOCK_PATIENCE_MS = 10_000;

/**
 * Takes a lock, waits for it if necessary, and says whether it waited. Throws `StateError` code `lock_held` if another
 * process keeps it.
 */
export async function patientLock(
  world: {
    readonly signal: AbortSignal;
    lock(path: string, what: string): Promise<Release>;
  },
  effects: Pick<Effects, "now" | "sleep">,
  path: string,
  what: string,
): Promise<{ readonly release: Release; readonly waited: boolean }> {
  const endMs = effects.now() + LOCK_PATIENCE_MS;
  for (let waited = false; ; waited = true) {
    try {
      return { release: await world.lock(path, what), waited };
    } catch (error) {
      const held = error instanceof StateError && error.code === "lock_held";
      if (!held || effects.now() >= endMs) throw error;
      await effects.sleep(250, world.signal);
    }
  }
}
