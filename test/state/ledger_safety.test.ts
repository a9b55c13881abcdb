import { describe, expect, it } from "vitest";
import type { Ledger } from "../../plugin/state/ledger.ts";
import { at, shipper } from "../support/delivery_values.ts";
import type { FakeEffects } from "../support/fake_effects.ts";
import { begun, OTHER, onDisk, open, SAME, taken } from "../support/ledger_files.ts";

describe('a ledger with safety "taken"', () => {
  it("commits a page, which was flushed, and not what was only accepted", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    await ledger.save();
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
    await ledger.advance("audit", at(1), 200);
    expect(onDisk(effects)).toMatchObject({
      checkpoint: { committed: { audit: at(1) } },
      staged: {},
    });
  });

  it.each(["drained", "stopped"] as const)(
    "commits what was accepted when it is closed as %s",
    async (end) => {
      const { effects, ledger } = await begun({ safety: "taken" });
      await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
      await ledger.close(end);
      // Also where the machine has started anew: what was flushed is kept.
      const by = shipper(7, { boot: "boot-2" });
      const next = await open(effects, { safety: "taken", shipper: by });
      expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
      expect(next.again).toEqual([]);
    },
  );

  it("commits what every stream has accepted: the flush was for all of them", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.begin("siem", at(0));
    const inItem = { cursor: 0, done: ["before"], taken: taken(5) };
    await ledger.accepted("siem", inItem, 50);
    await ledger.advance("audit", at(1), 100);
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(1), siem: inItem });
    expect(onDisk(effects).staged).toEqual({});
  });

  it("does not commit what could not be flushed", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    await ledger.close("broken");
    const next = await open(effects, { safety: "taken" });
    expect(next.position("audit")).toEqual(at(0));
  });

  it("carries on after a kill, whoever starts it, and commits only after its own flush", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    const next = await open(effects, { safety: "taken", shipper: OTHER });
    expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
    await next.advance("audit", at(1), 100);
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(1) });
  });
});

describe('a ledger with safety "lag"', () => {
  const lag = { safety: "lag" } as const;

  it("commits a position once lagBytes more were accepted", async () => {
    const { ledger } = await begun(lag);
    await ledger.advance("audit", at(1), 100);
    await ledger.advance("audit", at(2), 600);
    await ledger.advance("audit", at(3), 1099);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(0) });
    await ledger.advance("audit", at(4), 1100);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(1) });
    await ledger.advance("audit", at(5), 9999);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(4) });
  });

  it("commits by the bytes of all streams together", async () => {
    const { ledger } = await begun(lag);
    await ledger.begin("siem", at(0));
    await ledger.advance("audit", at(1), 100);
    await ledger.advance("siem", at(1), 1100);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(1), siem: at(0) });
  });

  it("commits at once with lagBytes 0: the reader is trusted with what the pipe has", async () => {
    const { ledger } = await begun({ ...lag, lagBytes: 0 });
    await ledger.advance("audit", at(1), 100);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(1) });
  });

  it("saves at least once a second while chunks are accepted, also after a step of the clock", async () => {
    for (const step of [1001, -5000]) {
      const { effects, ledger } = await begun(lag);
      await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
      await ledger.accepted("audit", at(0, { taken: taken(4) }), 2000);
      expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
      effects.advance(step);
      await ledger.accepted("audit", at(0, { taken: taken(6) }), 2100);
      expect(onDisk(effects).checkpoint?.committed).toEqual({
        audit: at(0, { taken: taken(2) }),
      });
    }
  });

  it("commits what lies behind the lag also when it is closed, and no more", async () => {
    for (const end of ["drained", "stopped", "broken"] as const) {
      const { effects, ledger } = await begun(lag);
      await ledger.advance("audit", at(1), 100);
      await ledger.advance("audit", at(2), 1500);
      await ledger.close(end);
      const next = await open(effects, { ...lag, shipper: OTHER });
      expect(next.position("audit")).toEqual(at(1));
      expect(next.again).toEqual(["audit"]);
    }
  });

  it("starts again from committed after a stop that the same shipper asked for", async () => {
    const { effects, ledger } = await begun(lag);
    await ledger.advance("audit", at(1), 100);
    await ledger.close("stopped");
    const next = await open(effects, lag);
    expect(next).toMatchObject({ reason: "asked_to_stop", again: ["audit"] });
    expect(next.position("audit")).toEqual(at(0));
  });

  it("trusts what was drained if the configuration says so", async () => {
    const { effects, ledger } = await begun(lag);
    await ledger.advance("audit", at(1), 100);
    await ledger.close("stopped");
    const next = await open(effects, { ...lag, shipper: OTHER, trustDrained: true });
    expect(next.position("audit")).toEqual(at(1));
    expect(next.checkpoint().committed).toEqual({ audit: at(1) });
  });

  it("starts again from committed after a kill, as the journal has it", async () => {
    for (const by of [SAME, OTHER]) {
      const { effects, ledger } = await begun(lag);
      await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
      await ledger.accepted("audit", at(0, { taken: taken(4) }), 1000);
      await ledger.accepted("audit", at(0, { taken: taken(6) }), 1200);
      expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
      const next = await open(effects, { ...lag, shipper: by });
      expect(next).toMatchObject({ reason: "not_settled", again: ["audit"] });
      expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
      expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0, { taken: taken(2) }) });
    }
  });
});

describe("Ledger.settle()", () => {
  const watch = async (effects: FakeEffects, ledger: Ledger, seconds: number, waits = false) => {
    for (let second = 0; second < seconds; second++) {
      effects.advance(1000);
      if (!(await ledger.settle(waits))) return second + 1;
    }
    return null;
  };

  it("commits after settleMs of quiet", async () => {
    const { effects, ledger } = await begun({ safety: "lag" });
    await ledger.advance("audit", at(1), 100);
    expect(await watch(effects, ledger, 60)).toBe(30);
    expect(onDisk(effects)).toMatchObject({
      checkpoint: { committed: { audit: at(1) } },
      staged: {},
    });
  });

  it("begins again at each accepted chunk", async () => {
    const { effects, ledger } = await begun({ safety: "lag" });
    await ledger.advance("audit", at(1), 100);
    expect(await watch(effects, ledger, 29)).toBeNull();
    await ledger.advance("audit", at(2), 200);
    expect(await watch(effects, ledger, 29)).toBeNull();
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
  });

  it("never commits while the reader keeps the output waiting", async () => {
    const { effects, ledger } = await begun({ safety: "lag" });
    await ledger.advance("audit", at(1), 100);
    expect(await watch(effects, ledger, 600, true)).toBeNull();
    expect(await watch(effects, ledger, 60, false)).toBe(30);
  });

  it("is not fooled by a clock that jumps", async () => {
    const { effects, ledger } = await begun({ safety: "lag" });
    await ledger.advance("audit", at(1), 100);
    effects.advance(86_400_000);
    expect(await ledger.settle(false)).toBe(true);
    effects.advance(-86_400_000);
    expect(await ledger.settle(false)).toBe(true);
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
  });

  it.each(["taken", "next_start"] as const)("has nothing to do with %s", async (safety) => {
    const { effects, ledger } = await begun({ safety });
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    effects.advance(60_000);
    expect(await ledger.settle(false)).toBe(false);
    expect(ledger.checkpoint().committed).toEqual({ audit: at(0) });
  });
});
