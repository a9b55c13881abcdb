import { describe, expect, it } from "vitest";
import type { Checkpoint, Gap } from "../plugin/checkpoint.ts";
import { MAX_GAPS, parseCheckpoint } from "../plugin/checkpoint.ts";
import { StateError } from "../plugin/errors.ts";
import { parseJournal } from "../plugin/journal.ts";
import type { Ledger, LedgerOptions } from "../plugin/ledger.ts";
import { openLedger } from "../plugin/ledger.ts";
import { at, shipper } from "./support/delivery_values.ts";
import type { FakeEffects } from "./support/fake_effects.ts";
import { createFakeEffects } from "./support/fake_effects.ts";

const FOLDER = "/state/acme";
const SAME = shipper(812);
const OTHER = shipper(913);

/** The files as they are: what a kill at this moment would leave. */
function onDisk(effects: FakeEffects) {
  const bytes = effects.disk.get(`${FOLDER}/checkpoint`);
  const checkpoint: Checkpoint | null = bytes === undefined ? null : parseCheckpoint(bytes, "");
  const journal = parseJournal(effects.disk.get(`${FOLDER}/journal`) ?? null);
  return { checkpoint, journal, staged: checkpoint?.runs.at(-1)?.staged };
}

function open(effects: FakeEffects, values: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger(effects, {
    folder: FOLDER,
    account: "acme",
    api: "2.0",
    shipper: SAME,
    trustDrained: false,
    safety: "next_start",
    lagBytes: 1000,
    settleMs: 30_000,
    ...values,
  });
}

async function begun(values: Partial<LedgerOptions> = {}) {
  const effects = createFakeEffects();
  const ledger = await open(effects, values);
  await ledger.begin("audit", at(0));
  return { effects, ledger };
}

const taken = (records: number) => ({ key: "item", records, digest: "0".repeat(32) });

describe("openLedger()", () => {
  it("writes nothing where nothing has happened", async () => {
    const effects = createFakeEffects();
    const ledger = await open(effects);
    await ledger.close("drained");
    expect(ledger.reason).toBe("first");
    expect(effects.disk.size).toBe(0);
  });

  it("saves what the new start proved before anything else is done", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    await ledger.close("drained");
    const next = await open(effects);
    expect(next.reason).toBe("same_shipper");
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(1) });
    expect(onDisk(effects).checkpoint?.runs).toHaveLength(1);
  });

  it("starts under another shipper from what is committed", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    await ledger.close("drained");
    const next = await open(effects, { shipper: OTHER });
    expect(next).toMatchObject({ reason: "other_shipper", again: ["audit"] });
    expect(next.position("audit")).toEqual(at(0));
  });

  it("goes on inside an item after a kill under the same shipper", async () => {
    const { effects, ledger } = await begun();
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    await ledger.accepted("audit", at(0, { taken: taken(4) }), 200);
    const next = await open(effects);
    expect(next.position("audit")).toEqual(at(0, { taken: taken(4) }));
  });
});

describe("Ledger.begin()", () => {
  it("is in the file before the first page is asked for", async () => {
    const { effects } = await begun();
    expect(onDisk(effects).checkpoint).toMatchObject({ committed: { audit: at(0) }, sequence: 1 });
    expect(onDisk(effects).checkpoint?.runs.at(-1)).toMatchObject({ end: "open", shipper: SAME });
  });
});

describe("Ledger.accepted()", () => {
  it("has room for its entry on a disk that has become full: nothing grows", async () => {
    const { effects, ledger } = await begun();
    const before = effects.disk.get(`${FOLDER}/journal`)?.length;
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    expect(effects.disk.get(`${FOLDER}/journal`)?.length).toBe(before);
  });

  it("goes to the journal, the checkpoint file stays as it is", async () => {
    const { effects, ledger } = await begun();
    const before = effects.disk.get(`${FOLDER}/checkpoint`);
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    expect(effects.disk.get(`${FOLDER}/checkpoint`)).toEqual(before);
    expect(onDisk(effects).journal).toMatchObject({
      run: onDisk(effects).checkpoint?.runs.at(-1)?.id,
      sequence: 1,
      position: at(0, { taken: taken(2) }),
    });
  });

  it("names the run in the checkpoint first, or its journal would count for nothing", async () => {
    const { effects, ledger } = await begun();
    await ledger.close("drained");
    const second = await open(effects);
    expect(second.reason).toBe("nothing_staged");
    await second.accepted("audit", at(0, { taken: taken(2) }), 100);
    const third = await open(effects);
    expect(third.position("audit")).toEqual(at(0, { taken: taken(2) }));
  });

  it("saves one stream's place before another's takes the journal", async () => {
    const { effects, ledger } = await begun();
    await ledger.begin("siem", at(0));
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    await ledger.accepted("siem", at(0, { taken: taken(5) }), 200);
    const next = await open(effects);
    expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
    expect(next.position("siem")).toEqual(at(0, { taken: taken(5) }));
  });

  it("still counts after a save that failed", async () => {
    let full = false;
    const effects = createFakeEffects({
      onFile: (operation) => {
        if (full && operation === "replace") throw new StateError("full", { code: "state_enospc" });
      },
    });
    const ledger = await open(effects);
    await ledger.begin("audit", at(0));
    full = true;
    await expect(ledger.save()).rejects.toMatchObject({ code: "state_enospc" });
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    full = false;
    const next = await open(effects);
    expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
  });
});

describe("Ledger.advance()", () => {
  it("is in the file when it returns, as staged", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    expect(onDisk(effects).staged).toEqual({ audit: at(1) });
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(0) });
  });

  it("makes the journal before it void", async () => {
    const { effects, ledger } = await begun();
    await ledger.accepted("audit", at(0, { taken: taken(2) }), 100);
    await ledger.advance("audit", at(1), 100);
    expect((await open(effects)).position("audit")).toEqual(at(1));
  });

  it("keeps the previous copy: the save before it", async () => {
    const { effects, ledger } = await begun();
    const before = effects.disk.get(`${FOLDER}/checkpoint`);
    await ledger.advance("audit", at(1), 100);
    expect(effects.disk.get(`${FOLDER}/checkpoint.previous`)).toEqual(before);
  });

  it("forgets the failures of that stream's items only", async () => {
    const { effects, ledger } = await begun();
    await ledger.itemFailed("audit", "a");
    await ledger.itemFailed("siem", "a");
    await ledger.advance("audit", at(1), 100);
    expect(onDisk(effects).checkpoint?.itemFailures).toEqual({ "siem a": 1 });
  });
});

describe("Ledger.itemFailed()", () => {
  it("counts across runs", async () => {
    const { effects, ledger } = await begun();
    expect(await ledger.itemFailed("audit", "a")).toBe(1);
    expect(await (await open(effects)).itemFailed("audit", "a")).toBe(2);
    expect(await (await open(effects, { shipper: OTHER })).itemFailed("audit", "a")).toBe(3);
  });
});

describe("Ledger.addGap()", () => {
  const hole: Gap = { stream: "audit", item: "", atMs: 1, reason: "lost", cursor: 3, file: null };

  it("knows the hole of a page that was asked for again", async () => {
    const { ledger } = await begun();
    expect(ledger.addGap(hole)).toBe(true);
    expect(ledger.addGap({ ...hole, atMs: 2 })).toBe(false);
    expect(ledger.addGap({ ...hole, cursor: 4 })).toBe(true);
    expect(ledger.addGap({ ...hole, file: "kept" })).toBe(true);
    expect(ledger.addGap({ ...hole, file: "kept" })).toBe(true);
    expect(ledger.checkpoint().gaps).toHaveLength(4);
  });

  it("keeps the newest", async () => {
    const { ledger } = await begun();
    for (let cursor = 0; cursor <= MAX_GAPS; cursor++) ledger.addGap({ ...hole, cursor });
    const { gaps } = ledger.checkpoint();
    expect(gaps).toHaveLength(MAX_GAPS);
    expect(gaps.at(-1)?.cursor).toBe(MAX_GAPS);
  });
});

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
      const next = await open(effects, { safety: "taken", shipper: OTHER });
      expect(next.position("audit")).toEqual(at(0, { taken: taken(2) }));
      expect(next.again).toEqual([]);
    },
  );

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

  it("commits a place once lagBytes more were accepted", async () => {
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

describe("Ledger.close()", () => {
  it("says how the run ended", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    await ledger.close("stopped");
    expect(onDisk(effects).checkpoint?.runs.at(-1)?.end).toBe("stopped");
  });

  it("never commits what was written to a pipe that was closed, whatever starts next", async () => {
    for (const safety of ["next_start", "lag"] as const) {
      const { effects, ledger } = await begun({ safety });
      await ledger.advance("audit", at(1), 100);
      await ledger.close("broken");
      for (const by of [SAME, OTHER]) {
        expect((await open(effects, { safety, shipper: by })).position("audit")).toEqual(at(0));
      }
    }
  });

  it("leaves the end in the journal where the disk takes no new file", async () => {
    let full = false;
    const effects = createFakeEffects({
      onFile: (operation) => {
        if (full && operation === "replace") throw new StateError("full", { code: "state_enospc" });
      },
    });
    const ledger = await open(effects);
    await ledger.begin("audit", at(0));
    await ledger.advance("audit", at(1), 100);
    full = true;
    await expect(ledger.close("broken")).rejects.toMatchObject({ code: "state_enospc" });
    full = false;
    const next = await open(effects);
    expect(next.reason).toBe("shipper_gone");
    expect(next.position("audit")).toEqual(at(0));
  });

  it("reports the disk that takes neither journal nor checkpoint once", async () => {
    let full = false;
    const effects = createFakeEffects({
      onFile: () => {
        if (full) throw new StateError("full", { code: "state_enospc" });
      },
    });
    const ledger = await open(effects);
    await ledger.begin("audit", at(0));
    await ledger.advance("audit", at(1), 100);
    full = true;
    await expect(ledger.close("drained")).rejects.toMatchObject({ code: "state_enospc" });
  });
});

describe("a checkpoint's runs", () => {
  it("never become more than three, whatever dies", async () => {
    const effects = createFakeEffects();
    for (let pid = 1; pid < 12; pid++) {
      const ledger = await open(effects, { shipper: shipper(pid) });
      if (ledger.position("audit") === undefined) await ledger.begin("audit", at(0));
      await ledger.advance("audit", at(1), 100);
      await ledger.close("drained");
      expect(onDisk(effects).checkpoint?.runs.length).toBeLessThanOrEqual(3);
    }
  });
});
