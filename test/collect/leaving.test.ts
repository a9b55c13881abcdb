import { describe, expect, it } from "vitest";
import { leaving, type Stop } from "../../plugin/collect/leaving.ts";
import type { Source } from "../../plugin/sources/source.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { lines, MINUTE, started } from "../support/run_scripted.ts";
import { scriptedSource } from "../support/scripted.ts";

describe("leaving()", () => {
  /** Asks after chunks: [minutes since the last one, fresh records]. */
  function asked(stop: Stop, chunks: readonly (readonly [number, number])[]): boolean[] {
    let nowMs = 0;
    const isLeft = leaving(
      () => stop,
      () => nowMs,
    );
    return chunks.map(([minutes, fresh]) => {
      nowMs += minutes;
      return isLeft(fresh);
    });
  }

  it("goes on where nothing or the item's end is wanted, and leaves at once for now", () => {
    expect(asked("no", [[1, 1]])).toEqual([false]);
    expect(asked("item", [[1, 1]])).toEqual([false]);
    expect(asked("now", [[1, 0]])).toEqual([true]);
  });

  it("leaves for time after as long on fresh records as it took to come to them", () => {
    expect(
      asked("time", [
        [3, 0],
        [4, 0],
        [0, 1],
        [6, 1],
        [1, 1],
      ]),
    ).toEqual([false, false, false, false, true]);
    expect(asked("time", [[0, 1]])).toEqual([true]);
  });
});

describe("run() once over an item that takes longer than max_run_secs", () => {
  /** One item of `count` records; each takes so long to come, and so long again where it was taken before. */
  function slowSource(
    effects: ReturnType<typeof createFakeEffects>,
    count: number,
    stepMs: number,
  ): Source {
    const records = Array.from(
      { length: count },
      (_, index) => `r${String(index).padStart(3, "0")}`,
    );
    const source = scriptedSource(
      (cursor) => (cursor === 0 ? { items: [{ key: "i", records, blockRecords: 1 }] } : undefined),
      { name: "siem", streams: ["siem"] },
    );
    return {
      ...source,
      async page(...args) {
        const page = await source.page(...args);
        const items = page.items.map((item) => ({
          ...item,
          async *records() {
            for await (const block of item.records()) {
              effects.advance(stepMs);
              yield block;
            }
          },
        }));
        return { ...page, items };
      },
    };
  }

  it("comes to its end in few runs, none of them much longer than it takes to come to what is new, and sends nothing twice", async () => {
    const effects = createFakeEffects();
    const source = slowSource(effects, 200, 50_000);
    const minutes: number[] = [];
    for (let runs = 0; runs < 40 && lines(effects).length < 200; runs++) {
      const beganMs = effects.now();
      await started([{ name: "acme", sources: [source] }], { effects }).go();
      minutes.push((effects.now() - beganMs) / MINUTE);
      effects.advance(15 * MINUTE);
    }
    expect(lines(effects)).toEqual(
      Array.from({ length: 200 }, (_, index) => `r${String(index).padStart(3, "0")}`),
    );
    // 167 minutes in all: 14, then twice as far each time.
    expect(minutes[0]).toBeLessThan(16);
    expect(minutes.length).toBeLessThanOrEqual(6);
  });
});
