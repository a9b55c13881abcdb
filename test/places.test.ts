import { describe, expect, it } from "vitest";
import { NetworkError } from "../plugin/errors.ts";
import { createPlaces, lendingEffects } from "../plugin/places.ts";
import { answer, collect, createFakeEffects } from "./support/fake_effects.ts";
import { createSimulatedClock } from "./support/simulated_clock.ts";

const REQUEST = { method: "GET", url: "https://x.example/", headers: {}, timeoutMs: 1 } as const;

/** Time from 0 on, and the moments at which things happened. */
function timed() {
  const clock = createSimulatedClock(0);
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.now()} ${what}`);
  return { clock, log, note };
}

describe("createPlaces()", () => {
  it("lets at most `size` tasks go on at once, the others in the order of asking", async () => {
    const { clock, log, note } = timed();
    const newPlace = createPlaces(2);
    for (const name of ["a", "b", "c", "d"]) {
      void newPlace().hold(async () => {
        note(name);
        await clock.sleep(name === "a" ? 30 : 10);
      });
    }
    await clock.runUntil(100);
    expect(log).toEqual(["0 a", "0 b", "10 c", "20 d"]);
  });

  it("frees the place of a task that fails", async () => {
    const newPlace = createPlaces(1);
    const failing = newPlace().hold(async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await newPlace().hold(async () => "next")).toBe("next");
  });

  it("gives a place away while its task only waits, and it comes back before those who begin", async () => {
    const { clock, log, note } = timed();
    const newPlace = createPlaces(1);
    const waiting = newPlace();
    void waiting.hold(async () => {
      note("waits");
      await waiting.lend(() => clock.sleep(15));
      note("goes on");
    });
    for (const name of ["b", "c", "d"]) {
      void newPlace().hold(async () => {
        note(name);
        await clock.sleep(10);
      });
    }
    await clock.runUntil(100);
    expect(log).toEqual(["0 waits", "0 b", "10 c", "20 goes on", "20 d"]);
  });

  it("takes the place back also where the waiting fails", async () => {
    const { clock, note, log } = timed();
    const newPlace = createPlaces(1);
    const place = newPlace();
    const failing = place.hold(() =>
      place.lend(async () => {
        throw new Error("timeout");
      }),
    );
    await expect(failing).rejects.toThrow("timeout");
    void newPlace().hold(async () => void note("next"));
    await clock.runUntil(1);
    expect(log).toEqual(["0 next"]);
  });

  it("without a place there is nothing to lend", async () => {
    const place = createPlaces(1)();
    expect(await place.lend(async () => 7)).toBe(7);
    expect(await place.hold(async () => 8)).toBe(8);
  });
});

describe("lendingEffects()", () => {
  /** One place, one account that does `task` in it, and another that begins behind it. */
  function setting(fetchMs: number, bodyMs = 0) {
    const { clock, log, note } = timed();
    const newPlace = createPlaces(1);
    const place = newPlace();
    const fake = createFakeEffects();
    const effects = lendingEffects(
      {
        ...fake,
        ...clock,
        fetch: async () => {
          await clock.sleep(fetchMs);
          return {
            ...answer({}),
            body: (async function* () {
              yield Buffer.from("a");
              await clock.sleep(bodyMs);
              yield Buffer.from("b");
            })(),
          };
        },
      },
      place,
    );
    const start = (task: (world: typeof effects) => Promise<unknown>) => {
      void place.hold(async () => {
        await task(effects);
        note("first");
      });
      void newPlace().hold(async () => void note("second"));
      return clock.runUntil(200_000);
    };
    return { log, start };
  }

  it("a pause before a retry or for the rate limit takes no place", async () => {
    const { log, start } = setting(0);
    await start((effects) => effects.sleep(60_000));
    expect(log).toEqual(["0 second", "60000 first"]);
  });

  it("an answer that comes at once keeps the place", async () => {
    const { log, start } = setting(900, 900);
    await start(async (effects) => collect((await effects.fetch(REQUEST)).body));
    expect(log).toEqual(["1800 first", "1800 second"]);
  });

  it("an answer that hangs gives it up after a second", async () => {
    const { log, start } = setting(60_000);
    await start((effects) => effects.fetch(REQUEST));
    expect(log).toEqual(["1000 second", "60000 first"]);
  });

  it("so does a body that stands still, and it comes whole", async () => {
    const { log, start } = setting(0, 60_000);
    let text = "";
    await start(async (effects) => {
      text = String(await collect((await effects.fetch(REQUEST)).body));
    });
    expect(text).toBe("ab");
    expect(log).toEqual(["1000 second", "60000 first"]);
  });

  it("an error is the caller's, and leaves no timer behind", async () => {
    const clock = createSimulatedClock(0);
    const error = new NetworkError("reset", { code: "reset" });
    const place = createPlaces(1)();
    const fake = createFakeEffects({ fetch: [error] });
    const effects = lendingEffects({ ...fake, now: clock.now, sleep: clock.sleep }, place);
    await expect(place.hold(() => effects.fetch(REQUEST))).rejects.toBe(error);
    expect(clock.sleepers()).toBe(0);
  });
});
