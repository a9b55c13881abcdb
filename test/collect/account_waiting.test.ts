import { describe, expect, it } from "vitest";
import { collectAccount, type Round } from "../../plugin/collect/account.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import { createSlots, lendingPatience } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import type { Effects } from "../../plugin/effects.ts";
import { createEnginePool } from "../../plugin/encode/engine.ts";
import { NetworkError, StateError } from "../../plugin/errors.ts";
import type { Item, Source } from "../../plugin/sources/source.ts";
import { dataLines, MINUTE, onePage, state } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { scriptedEngine, scriptedSource } from "../support/scripted.ts";
import { openScripted } from "../support/scripted_account.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

const START_MS = Date.UTC(2026, 2, 1, 12);

/** An account on a simulated clock, with everything that waits for Mimecast seen by the others. */
async function waitingAccount(
  sources: (effects: Effects) => readonly Source[],
  values: { intervalMs?: number; stop?: () => Stop } = {},
) {
  const clock = createSimulatedClock(START_MS);
  const fake = createFakeEffects({ now: START_MS });
  const effects = { ...fake, ...clock };
  let engines = 0;
  const job = await openScripted(effects, {
    name: "acme",
    sources: sources(effects),
    ...(values.intervalMs === undefined ? {} : { intervalMs: values.intervalMs }),
    values: {
      engines: createEnginePool(() => {
        engines++;
        return scriptedEngine();
      }),
    },
  });
  const aborted: unknown[] = [];
  const looked: number[] = [];
  const round: Round = {
    stop: values.stop ?? (() => "no"),
    abort: (reason) => aborted.push(reason),
    newSlot: createSlots(4),
    patience: (slot) => lendingPatience(effects, slot),
    meanwhile: async () => void looked.push(clock.now() - START_MS),
  };
  const going = collectAccount(effects, job, stdoutDelivery(effects, "once"), round);
  const ended = going.then(
    (results) => ({ results, atMs: clock.now() - START_MS }),
    (error) => ({ error, atMs: clock.now() - START_MS }),
  );
  return { clock, fake, job, ended, aborted, looked, engines: () => engines };
}

/** A source whose page takes this long to come, or never does. */
function late(effects: Effects, source: Source, delayMs: number, error?: Error): Source {
  return {
    ...source,
    async page(...args) {
      await effects.sleep(delayMs);
      if (error !== undefined) throw error;
      return source.page(...args);
    },
  };
}

describe("collectAccount() while a source waits for Mimecast", () => {
  it("the others work, and again when they are due", async () => {
    const asked: number[] = [];
    const quick = scriptedSource(
      (cursor) => {
        asked.push(cursor);
        return undefined;
      },
      { name: "audit", streams: ["audit"] },
    );
    const at = await waitingAccount(
      (effects) => [late(effects, onePage("siem"), 5 * MINUTE), quick],
      { intervalMs: 2 * MINUTE },
    );
    await at.clock.runUntil(START_MS + 6 * MINUTE);
    expect(await at.ended).toMatchObject({
      results: [
        { source: "audit", error: null },
        { source: "siem", records: 1, error: null },
      ],
    });
    // A second of patience, then every two minutes.
    expect(asked).toHaveLength(3);
    expect(at.looked.length).toBeGreaterThan(250);
    expect(dataLines(at.fake)).toEqual(["siem-1"]);
  });

  it("a slow one is not kept by one that back-fills without a pause", async () => {
    const at = await waitingAccount((effects) => {
      const fast = scriptedSource(
        (cursor) =>
          cursor < 1_000 ? { items: [{ key: "i", records: [`fast-${cursor}`] }] } : undefined,
        { name: "siem", streams: ["siem"] },
      );
      const slow = scriptedSource(
        (cursor) =>
          cursor < 10 ? { items: [{ key: "i", records: [`slow-${cursor}`] }] } : undefined,
        { name: "audit", streams: ["audit"] },
      );
      return [late(effects, slow, 3_000), late(effects, fast, 40)];
    });
    await at.clock.runUntil(START_MS + 40_000);
    // Eleven pages of three seconds, and of what the other one does only what is in progress.
    expect(state(at.job, "audit")).toMatchObject({ records: 10 });
    await at.clock.runUntil(START_MS + 5 * MINUTE);
    expect(state(at.job, "siem")).toMatchObject({ records: 1_000 });
  });

  it("in the middle of an item, each has an engine and a slot of its own", async () => {
    const standing = (effects: Effects, name: string, delayMs: number): Source => {
      const source = onePage(
        name,
        [1, 2, 3, 4].map((number) => `${name}-${number}`),
      );
      const slow = (item: Item): Item => ({
        ...item,
        async *records() {
          for (const number of [1, 2, 3, 4]) {
            await effects.sleep(delayMs);
            yield Buffer.from(`${name}-${number}\n`);
          }
        },
      });
      return {
        ...source,
        async page(...args) {
          const page = await source.page(...args);
          return { ...page, items: page.items.map(slow) };
        },
      };
    };
    const at = await waitingAccount((effects) => [
      standing(effects, "siem", 5_000),
      standing(effects, "audit", 7_000),
    ]);
    await at.clock.runUntil(START_MS + MINUTE);
    const { results } = (await at.ended) as { results: unknown };
    expect(results).toMatchObject([{ records: 4 }, { records: 4 }]);
    const lines = dataLines(at.fake);
    expect(lines.indexOf("audit-1")).toBeLessThan(lines.indexOf("siem-4"));
    for (const name of ["siem", "audit"]) {
      const own = lines.filter((line) => line.startsWith(name));
      expect(own).toEqual([1, 2, 3, 4].map((number) => `${name}-${number}`));
      expect(at.job.ledger.position(name)).toMatchObject({ cursor: 1, taken: null });
    }
    expect(at.engines()).toBe(2);
  });

  it("one that fails late is a failure of its own", async () => {
    const timeout = new NetworkError("no answer", { code: "timeout" });
    const at = await waitingAccount((effects) => [
      late(effects, onePage("siem"), MINUTE, timeout),
      onePage("audit"),
    ]);
    await at.clock.runUntil(START_MS + 1_500);
    expect(state(at.job, "audit")).toMatchObject({ records: 1, failures: 0 });
    expect(state(at.job, "siem")).toMatchObject({ failures: 0, startedMs: 0 });
    await at.clock.runUntil(START_MS + 2 * MINUTE);
    expect(state(at.job, "siem")).toMatchObject({ failures: 1, error: "no answer" });
    expect(at.aborted).toEqual([]);
  });

  it("what ends the run ends its requests too, and is thrown when nobody works any more", async () => {
    const full = new StateError("disk full", { code: "state_enospc" });
    const failing = { ...onePage("audit"), page: () => Promise.reject(full) };
    const at = await waitingAccount((effects) => [late(effects, onePage("siem"), MINUTE), failing]);
    await at.clock.runUntil(START_MS + 2 * MINUTE);
    expect(at.aborted).toEqual([full]);
    expect(await at.ended).toEqual({ error: full, atMs: MINUTE });
    expect(dataLines(at.fake)).toEqual([]);
  });
});
