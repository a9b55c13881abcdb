import { describe, expect, it } from "vitest";
import { bothSlots, createSlots, lendingPatience, patiently } from "../../plugin/collect/slots.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

/** Time from 0 on, and the moments at which things happened. */
function timed() {
  const clock = createSimulatedClock(0);
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.now()} ${what}`);
  return { clock, log, note };
}

describe("createSlots()", () => {
  it("lets at most `size` tasks go on at once, the others in the order of asking", async () => {
    const { clock, log, note } = timed();
    const newSlot = createSlots(2);
    for (const name of ["a", "b", "c", "d"]) {
      void newSlot().hold(async () => {
        note(name);
        await clock.sleep(name === "a" ? 30 : 10);
      });
    }
    await clock.runUntil(100);
    expect(log).toEqual(["0 a", "0 b", "10 c", "20 d"]);
  });

  it("frees the slot of a task that fails", async () => {
    const newSlot = createSlots(1);
    const failing = newSlot().hold(async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await newSlot().hold(async () => "next")).toBe("next");
  });

  it("gives a slot away while its task only waits, and it comes back before those who begin", async () => {
    const { clock, log, note } = timed();
    const newSlot = createSlots(1);
    const waiting = newSlot();
    void waiting.hold(async () => {
      note("waits");
      await waiting.lend(() => clock.sleep(15));
      note("goes on");
    });
    for (const name of ["b", "c", "d"]) {
      void newSlot().hold(async () => {
        note(name);
        await clock.sleep(10);
      });
    }
    await clock.runUntil(100);
    expect(log).toEqual(["0 waits", "0 b", "10 c", "20 goes on", "20 d"]);
  });

  it("takes the place back also where the waiting fails", async () => {
    const { clock, note, log } = timed();
    const newSlot = createSlots(1);
    const slot = newSlot();
    const failing = slot.hold(() =>
      slot.lend(async () => {
        throw new Error("timeout");
      }),
    );
    await expect(failing).rejects.toThrow("timeout");
    void newSlot().hold(async () => void note("next"));
    await clock.runUntil(1);
    expect(log).toEqual(["0 next"]);
  });

  it("without a slot there is nothing to lend", async () => {
    const slot = createSlots(1)();
    expect(await slot.lend(async () => 7)).toBe(7);
    expect(await slot.hold(async () => 8)).toBe(8);
  });
});

describe("giveWay()", () => {
  it("lets those go first whose waiting is over, and not those who begin", async () => {
    const { clock, log, note } = timed();
    const newSlot = createSlots(1);
    const slow = newSlot();
    void slow.hold(async () => {
      await slow.lend(() => clock.sleep(5));
      note("slow");
    });
    const busy = newSlot();
    void busy.hold(async () => {
      for (const step of [1, 2, 3]) {
        note(`busy ${step}`);
        await clock.sleep(4);
        await busy.giveWay();
      }
    });
    void newSlot().hold(async () => void note("begins"));
    await clock.runUntil(100);
    expect(log).toEqual(["0 busy 1", "4 busy 2", "8 slow", "8 busy 3", "12 begins"]);
  });
});

describe("bothSlots()", () => {
  it("takes the outer slot and then the inner one, and lends both", async () => {
    const { clock, log, note } = timed();
    const [newOuter, newInner] = [createSlots(1), createSlots(1)];
    const others = (newSlot: typeof newInner, name: string, ms: number) =>
      newSlot().hold(async () => {
        note(name);
        await clock.sleep(ms);
      });
    void others(newInner, "inner", 5);
    const both = bothSlots(newOuter(), newInner());
    void both.hold(async () => {
      note("both");
      await both.lend(() => clock.sleep(10));
      note("both again");
    });
    void others(newOuter, "outer", 20);
    void others(newInner, "inner, too", 30);
    await clock.runUntil(100);
    expect(log).toEqual(["0 inner", "5 inner, too", "35 both", "35 outer", "55 both again"]);
  });
});

describe("lendingPatience()", () => {
  /** One slot, a worker that waits for `waitMs` in it, and another that begins behind it. */
  function setting() {
    const { clock, log, note } = timed();
    const newSlot = createSlots(1);
    const slot = newSlot();
    const patience = lendingPatience(clock, slot);
    const start = (task: () => Promise<unknown>) => {
      void slot.hold(async () => {
        await task();
        note("first");
      });
      void newSlot().hold(async () => void note("second"));
      return clock.runUntil(200_000);
    };
    return { clock, log, patience, start };
  }

  it("an answer that comes at once keeps the slot", async () => {
    const { clock, log, patience, start } = setting();
    await start(async () => {
      await patience(clock.sleep(900));
      await patience(clock.sleep(900));
    });
    expect(log).toEqual(["1800 first", "1800 second"]);
  });

  it("an answer that hangs gives it up after a second", async () => {
    const { clock, log, patience, start } = setting();
    await start(() => patience(clock.sleep(60_000)));
    expect(log).toEqual(["1000 second", "60000 first"]);
  });

  it("has one timer for all the waits of a second", async () => {
    const { clock, log, patience, start } = setting();
    await start(async () => {
      for (let wait = 0; wait < 50; wait++) await patience(clock.sleep(10));
      expect(clock.sleepers()).toBe(1);
      await patience(clock.sleep(60_000));
    });
    // The wait began in the middle of the timer's second: it may be twice as long.
    expect(log).toEqual(["2000 second", "60500 first"]);
  });

  it("an error is the caller's", async () => {
    const clock = createSimulatedClock(0);
    const error = new Error("reset");
    const slot = createSlots(1)();
    const failing = lendingPatience(clock, slot)(Promise.reject(error));
    await expect(failing).rejects.toBe(error);
  });
});

describe("patiently()", () => {
  async function* pieces(log: string[]) {
    try {
      yield* ["a", "b", "c"];
    } finally {
      log.push("returned");
    }
  }

  it("gives every piece, each waited for with patience", async () => {
    const log: string[] = [];
    let waits = 0;
    for await (const piece of patiently(pieces(log), (wait) => {
      waits++;
      return wait;
    })) {
      log.push(piece);
    }
    expect(log).toEqual(["a", "b", "c", "returned"]);
    expect(waits).toBe(4);
  });

  it("returns the source where the reader breaks off", async () => {
    const log: string[] = [];
    for await (const piece of patiently(pieces(log), (wait) => wait)) {
      log.push(piece);
      break;
    }
    expect(log).toEqual(["a", "returned"]);
  });
});
