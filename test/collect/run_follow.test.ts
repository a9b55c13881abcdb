import { describe, expect, it } from "vitest";
import { run } from "../../plugin/collect/run.ts";
import { lendingPatience } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ApiError, EXIT, StateError } from "../../plugin/errors.ts";
import { at } from "../support/delivery_values.ts";
import type { FakeEffects } from "../support/fake_effects.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import type { Setting } from "../support/run_scripted.ts";
import { lines, MINUTE, pages, started, stored } from "../support/run_scripted.ts";
import { scriptedSource } from "../support/scripted.ts";
import type { ScriptedAccount } from "../support/scripted_account.ts";
import { scriptedPlan } from "../support/scripted_account.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

describe("run() following", () => {
  /** Ends the run once `until` is true; asked at every sleep. */
  function following(
    account: ScriptedAccount,
    until: (effects: FakeEffects) => boolean,
    setting: Setting = {},
  ) {
    const effects = createFakeEffects(setting.fake);
    const stopping = new AbortController();
    const watched: FakeEffects = {
      ...effects,
      sleep: async (delayMs, signal) => {
        if (until(effects)) stopping.abort(new Error("SIGTERM"));
        await effects.sleep(delayMs, signal);
      },
    };
    const { go } = started([account], {
      ...setting,
      mode: "follow",
      effects: watched,
      options: { signal: stopping.signal, ...setting.options },
    });
    return { effects, go };
  }

  it("asks again after each interval until it is stopped", async () => {
    const source = pages("siem", 1);
    const { effects, go } = following(
      { name: "acme", sources: [source] },
      () => source.asked.length >= 4,
    );
    const began = effects.now();
    expect(await go()).toBe(EXIT.ok);
    expect(source.asked).toEqual([0, 1, 1, 1]);
    expect(effects.now() - began).toBeGreaterThanOrEqual(45 * MINUTE);
    expect(effects.now() - began).toBeLessThan(46 * MINUTE);
  });

  it("commits what has settled while it waits", async () => {
    const { effects, go } = following({ name: "acme", sources: [pages("siem", 1)] }, (fake) => {
      return stored(fake, "acme").committed.siem?.cursor === 1;
    });
    const began = effects.now();
    await go();
    expect(effects.now() - began).toBeGreaterThanOrEqual(30_000);
    expect(effects.now() - began).toBeLessThan(40_000);
    expect(stored(effects, "acme").last?.staged).toEqual({});
  });

  it("commits what has settled while a feed waits for Mimecast", async () => {
    const clock = createSimulatedClock(Date.UTC(2026, 2, 1, 12));
    const fake = createFakeEffects();
    const effects = { ...fake, ...clock };
    const slow = pages("audit", 1);
    const waiting = {
      ...slow,
      page: async (...args: Parameters<typeof slow.page>) => {
        await clock.sleep(5 * MINUTE);
        return slow.page(...args);
      },
    };
    const stopping = new AbortController();
    const plan = scriptedPlan(effects, {
      name: "acme",
      sources: [waiting, pages("siem", 1)],
      options: { safety: "lag" },
    });
    let told = 0;
    const running = run(effects, [plan], stdoutDelivery(effects, "follow"), {
      mode: "follow",
      maxRunMs: 0,
      maxConcurrency: 1,
      signal: stopping.signal,
      shipperAlive: async () => true,
      patience: (slot) => lendingPatience(effects, slot),
      afterRound: async () => void told++,
    });
    await clock.runUntil(clock.now() + MINUTE);
    expect(stored(fake, "acme").committed.siem?.cursor).toBe(1);
    await clock.runUntil(clock.now() + 3 * MINUTE);
    expect(told).toBeGreaterThanOrEqual(2);
    stopping.abort(new Error("SIGTERM"));
    await clock.runUntil(clock.now() + 10 * MINUTE);
    expect(await running).toBe(EXIT.ok);
  });

  it("does not settle while the reader stands still", async () => {
    let asked = 0;
    const { effects, go } = following(
      { name: "acme", sources: [pages("siem", 1)] },
      () => ++asked > 300,
      {
        fake: {
          onWrite: () => {
            // The pipe was full: this write waited for five minutes.
            effects.advance(5 * MINUTE);
          },
        },
      },
    );
    await go();
    expect(stored(effects, "acme").committed).toEqual({ siem: at(0) });
  });

  it("ends where the process that started it is gone, and commits nothing more", async () => {
    const { effects, go } = following({ name: "acme", sources: [pages("siem", 1)] }, () => false, {
      options: { shipperAlive: async () => false },
    });
    expect(await go()).toBe(EXIT.shipper_gone);
    expect(stored(effects, "acme")).toMatchObject({
      committed: { siem: at(0) },
      last: { end: "broken" },
    });
  });

  it("tries an account again that another process holds, while its neighbors go on", async () => {
    const effects = createFakeEffects();
    const stopping = new AbortController();
    const source = pages("siem", 1);
    const neighbor = pages("audit", 1);
    const accounts = [
      { name: "acme", sources: [source] },
      { name: "beta", sources: [neighbor] },
    ].map((account) => ({ ...account, options: { safety: "lag" as const } }));
    const [held, free] = accounts.map((account) => scriptedPlan(effects, account));
    let tries = 0;
    const open = async () => {
      if (++tries <= 3) throw new StateError("held", { code: "lock_held" });
      return held!.open({} as never, {} as never);
    };
    const watched: FakeEffects = {
      ...effects,
      sleep: async (delayMs, signal) => {
        if (lines(effects).length === 4) stopping.abort(new Error("SIGTERM"));
        await effects.sleep(delayMs, signal);
      },
    };
    const delivery = stdoutDelivery(watched, "follow");
    const code = await run(watched, [{ name: "acme", open }, free!], delivery, {
      mode: "follow",
      maxRunMs: 0,
      maxConcurrency: 1,
      signal: stopping.signal,
      shipperAlive: async () => true,
    });
    expect(code).toBe(EXIT.ok);
    expect(lines(effects).toSorted()).toEqual(["audit-0-0", "audit-0-1", "siem-0-0", "siem-0-1"]);
    expect(effects.logs.filter(({ level }) => level === "warn")).toHaveLength(3);
    expect(effects.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("lets a source that fails come back", async () => {
    let failures = 2;
    const source = scriptedSource((cursor) => {
      if (failures-- > 0) {
        throw new ApiError("HTTP 502", { code: "http_502", status: 502, retryable: true });
      }
      return cursor === 0 ? { items: [{ key: "a", records: ["a"] }] } : undefined;
    });
    const { effects, go } = following({ name: "acme", sources: [source] }, (fake) =>
      lines(fake).includes("a"),
    );
    expect(await go()).toBe(EXIT.ok);
    expect(lines(effects)).toEqual(["a"]);
  });
});
