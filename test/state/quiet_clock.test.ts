import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQuietClock } from "../../plugin/state/quiet_clock.ts";

describe("createQuietClock()", () => {
  it("adds up the time that was watched, and begins again when something happens", () => {
    let nowMs = 1000;
    const clock = createQuietClock(() => nowMs);
    nowMs += 3000;
    expect(clock.quietMs()).toBe(3000);
    nowMs += 2000;
    expect(clock.quietMs()).toBe(5000);
    clock.reset();
    expect(clock.quietMs()).toBe(0);
  });

  it("counts a jump of the clock as one look", () => {
    let nowMs = 1000;
    const clock = createQuietClock(() => nowMs);
    nowMs += 86_400_000;
    expect(clock.quietMs()).toBe(6000);
    nowMs -= 86_400_000;
    expect(clock.quietMs()).toBe(6000);
    nowMs += 1000;
    expect(clock.quietMs()).toBe(7000);
  });

  it("never goes down without a reset, and never by more than a look", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), (jumps) => {
        let nowMs = 0;
        let before = 0;
        const clock = createQuietClock(() => nowMs);
        for (const jump of jumps) {
          nowMs += jump;
          const quietMs = clock.quietMs();
          expect(quietMs).toBeGreaterThanOrEqual(before);
          expect(quietMs - before).toBeLessThanOrEqual(6000);
          before = quietMs;
        }
      }),
    );
  });
});
