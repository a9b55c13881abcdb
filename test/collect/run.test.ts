import { describe, expect, it } from "vitest";
import { run } from "../../plugin/collect/run.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { EXIT, ShipperGoneError } from "../../plugin/errors.ts";
import { at, shipper } from "../support/delivery_values.ts";
import type { FakeEffects } from "../support/fake_effects.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { lines, MINUTE, pages, started, stored } from "../support/run_scripted.ts";
import { scriptedSource } from "../support/scripted.ts";

describe("run() once", () => {
  it("collects every account, drains, and ends with 0", async () => {
    const { effects, plans, go } = started([
      { name: "acme", sources: [pages("siem", 2)] },
      { name: "beta", sources: [pages("audit", 1)] },
    ]);
    expect(await go()).toBe(EXIT.ok);
    expect(lines(effects).toSorted()).toEqual([
      "audit-0-0",
      "audit-0-1",
      "siem-0-0",
      "siem-0-1",
      "siem-1-0",
      "siem-1-1",
    ]);
    expect(stored(effects, "acme").last).toMatchObject({ end: "drained", staged: { siem: at(2) } });
    expect(plans.map((plan) => plan.released.count)).toEqual([1, 1]);
  });

  it("commits at the next start under the same shipper, and sends nothing twice", async () => {
    const { effects, go } = started([{ name: "acme", sources: [pages("siem", 2)] }]);
    await go();
    const next = started([{ name: "acme", sources: [pages("siem", 2)] }], { effects });
    await next.go();
    expect(stored(effects, "acme").committed).toEqual({ siem: at(2) });
    expect(lines(effects)).toHaveLength(4);
  });

  it("sends everything since then again to another shipper, at once", async () => {
    const sources = [pages("siem", 2)];
    const { effects, go } = started([{ name: "acme", sources }]);
    await go();
    const options = { shipper: shipper(913) };
    await started([{ name: "acme", sources, options }], { effects }).go();
    expect(lines(effects)).toHaveLength(8);
    expect(effects.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringMatching(/^Sending again/) }),
    );
  });

  it.each([
    [true, "set handover: drained", 5],
    [false, "see that it keeps running", 5],
  ])(
    "tells QRadar where every run has another shipper (made for it: %s)",
    async (made, said, sent) => {
      const effects = createFakeEffects();
      for (let pid = 1; pid <= 4; pid++) {
        const options = { shipper: shipper(pid, { madeForRun: made }) };
        const sources = [pages("siem", 1, 1)];
        await started([{ name: "acme", sources, options }], { effects }).go();
      }
      const options = { shipper: shipper(5, { madeForRun: made }) };
      await started([{ name: "acme", sources: [pages("siem", 1, 1)], options }], { effects }).go();
      expect(effects.output()).toContain(said);
      expect(lines(effects)).toHaveLength(sent);
    },
  );

  it("tells how it gets on every minute of a long round", async () => {
    const effects = createFakeEffects();
    const source = scriptedSource((cursor) => {
      if (cursor >= 24) return undefined;
      effects.advance(10_000);
      return { items: [{ key: `i${cursor}`, records: [`r${cursor}`] }] };
    });
    const told: number[] = [];
    const began = effects.now();
    const options = {
      afterRound: async () => void told.push(Math.round((effects.now() - began) / 1_000)),
    };
    await started([{ name: "acme", sources: [source] }], { effects, options }).go();
    expect(lines(effects)).toHaveLength(24);
    expect(told.length).toBeGreaterThanOrEqual(6);
    const gaps = told.slice(1, -1).map((at, index) => at - (told[index] as number));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(100);
  });

  it("ends at an item's end after maxRunMs, and the next run goes on", async () => {
    const slow = (effects: FakeEffects) =>
      scriptedSource((cursor) => {
        if (cursor >= 5) return undefined;
        effects.advance(5 * MINUTE);
        return { items: [{ key: `i${cursor}`, records: [`r${cursor}`] }] };
      });
    const effects = createFakeEffects();
    expect(await started([{ name: "acme", sources: [slow(effects)] }], { effects }).go()).toBe(0);
    const first = lines(effects);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(5);
    expect(stored(effects, "acme").last?.end).toBe("drained");
    for (let i = 0; i < 4; i++) {
      await started([{ name: "acme", sources: [slow(effects)] }], { effects }).go();
    }
    expect(lines(effects)).toEqual(["r0", "r1", "r2", "r3", "r4"]);
  });

  it("stops at SIGTERM after the chunk in progress, and commits nothing of it", async () => {
    const { effects, stopping, go } = started([{ name: "acme", sources: [pages("siem", 9)] }], {
      fake: {
        onWrite: (bytes) => {
          if (Buffer.from(bytes).includes("siem-1")) stopping.abort(new Error("SIGTERM"));
        },
      },
    });
    expect(await go()).toBe(EXIT.ok);
    expect(lines(effects)).toEqual(["siem-0-0", "siem-0-1", "siem-1-0", "siem-1-1"]);
    expect(stored(effects, "acme")).toMatchObject({
      committed: { siem: at(0) },
      last: { end: "stopped" },
    });
  });

  it("takes a SIGTERM while it waits for a lock for no defect", async () => {
    const effects = createFakeEffects();
    const stopping = new AbortController();
    const waiting = {
      name: "acme",
      open: async () => {
        stopping.abort(new Error("SIGTERM"));
        throw stopping.signal.reason;
      },
    };
    const code = await run(effects, [waiting], stdoutDelivery(effects, "once"), {
      mode: "once",
      maxRunMs: MINUTE,
      maxConcurrency: 1,
      signal: stopping.signal,
      shipperAlive: async () => true,
    });
    expect(code).toBe(EXIT.ok);
  });
});

describe("run() where the shipper closes stdout", () => {
  it("ends every account, commits nothing, and ends with 141", async () => {
    let writes = 0;
    const { effects, plans, go } = started(
      [
        { name: "acme", sources: [pages("siem", 50)] },
        { name: "beta", sources: [pages("audit", 50)] },
      ],
      {
        fake: {
          onWrite: () => {
            if (++writes > 6) throw new ShipperGoneError("gone", { code: "shipper_gone" });
          },
        },
      },
    );
    expect(await go()).toBe(EXIT.shipper_gone);
    for (const [account, stream] of [
      ["acme", "siem"],
      ["beta", "audit"],
    ] as const) {
      const { last, committed } = stored(effects, account);
      expect(committed).toEqual({ [stream]: at(0) });
      expect(last?.end).toBe("broken");
    }
    expect(plans.map((plan) => plan.released.count)).toEqual([1, 1]);
    expect(effects.logs.filter((entry) => entry.fields.code === "shipper_gone")).not.toEqual([]);
  });
});
