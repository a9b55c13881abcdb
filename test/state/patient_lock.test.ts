import { describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import { patientLock } from "../../plugin/state/patient_lock.ts";

const { signal } = new AbortController();
const held = () => new StateError("Cannot open it", { code: "lock_held" });

/** A lock that answers `refuse` until `freeMs`, and a clock that moves while somebody sleeps. */
function world(freeMs: number, refuse: () => unknown = held) {
  let nowMs = 1_000;
  let released = 0;
  const slept: number[] = [];
  return {
    slept,
    released: () => released,
    world: {
      signal,
      async lock() {
        if (nowMs < freeMs) throw refuse();
        return () => void released++;
      },
    },
    effects: {
      now: () => nowMs,
      async sleep(ms: number) {
        slept.push(ms);
        nowMs += ms;
      },
    },
  };
}

describe("patientLock()", () => {
  it("takes a free lock at once, and gives it back", async () => {
    const at = world(0);
    const { release, waited } = await patientLock(at.world, at.effects, "lock", "it");
    release();
    expect([waited, at.slept, at.released()]).toEqual([false, [], 1]);
  });

  it("waits for a predecessor that ends, and says so", async () => {
    const at = world(1_600);
    const { waited } = await patientLock(at.world, at.effects, "lock", "it");
    expect([waited, at.slept]).toEqual([true, [250, 250, 250]]);
  });

  it("takes a lock that becomes free at the last moment, and gives up after ten seconds", async () => {
    const last = world(11_000);
    expect((await patientLock(last.world, last.effects, "lock", "it")).waited).toBe(true);
    const never = world(11_001);
    const lock = patientLock(never.world, never.effects, "lock", "it");
    await expect(lock).rejects.toMatchObject({ code: "lock_held" });
    expect(never.slept).toHaveLength(40);
  });

  it.each([
    ["another StateError", () => new StateError("Cannot lock", { code: "state_eacces" })],
    ["an error with that code that is no StateError", () => ({ code: "lock_held" })],
  ])("does not wait after %s", async (_what, refuse) => {
    const at = world(2_000, refuse);
    const lock = patientLock(at.world, at.effects, "lock", "it");
    await expect(lock).rejects.toEqual(refuse());
    expect(at.slept).toEqual([]);
  });
});
