import { describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import type { Gap } from "../../plugin/state/checkpoint.ts";
import { MAX_GAPS } from "../../plugin/state/gaps.ts";
import { at, shipper } from "../support/delivery_values.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { begun, FOLDER, OTHER, onDisk, open, SAME, taken } from "../support/ledger_files.ts";

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

  it("saves one stream's position before another's takes the journal", async () => {
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
    expect(ledger.addGap({ ...hole, file: "kept", atMs: 3 })).toBe(false);
    expect(ledger.checkpoint().gaps).toHaveLength(3);
  });

  it("says which gap is not listed any more", async () => {
    const { effects, ledger } = await begun();
    for (let cursor = 0; cursor <= MAX_GAPS; cursor++) ledger.addGap({ ...hole, cursor });
    expect(ledger.checkpoint().gaps).toHaveLength(MAX_GAPS);
    expect(effects.logs).toMatchObject([
      { level: "error", fields: { stream: "audit", cursor: 0 } },
    ]);
  });
});

describe("Ledger.stepOver()", () => {
  const gap: Gap = {
    stream: "audit",
    item: "bad",
    atMs: 1,
    reason: "damaged",
    cursor: 0,
    file: "kept",
  };
  const behind = { cursor: 0, done: ["bad"], taken: null };

  it("has the gap and the position behind it on the disk at every moment, or neither", async () => {
    const states: (readonly [number, boolean])[] = [];
    const effects = createFakeEffects();
    const ledger = await open(effects);
    await ledger.begin("audit", at(0));
    const look = () => {
      const { checkpoint, journal } = onDisk(effects);
      const last = checkpoint?.runs.at(-1);
      const isNoted = journal?.run === last?.id && journal?.sequence === checkpoint?.sequence;
      const position = (isNoted ? journal?.position : undefined) ?? last?.staged.audit;
      states.push([checkpoint?.gaps.length ?? 0, position?.done.includes("bad") ?? false]);
    };
    for (const operation of ["replace", "overwrite"] as const) {
      const real = effects.files[operation];
      Object.assign(effects.files, {
        [operation]: async (path: string, bytes: Uint8Array) => {
          look();
          await real(path, bytes);
          look();
        },
      });
    }
    await ledger.stepOver(gap, behind, 10);
    look();
    expect(states.at(-1)).toEqual([1, true]);
    expect(states.filter(([gaps, isBehind]) => gaps > 0 !== isBehind)).toEqual([]);
  });

  it("keeps both for the next run, whoever starts it", async () => {
    const { effects, ledger } = await begun();
    await ledger.stepOver(gap, behind, 10);
    const next = await open(effects, { shipper: OTHER });
    expect(next.checkpoint().gaps).toEqual([gap]);
    // Sent again from the committed position: the same hole is not listed twice.
    await next.stepOver({ ...gap, atMs: 2 }, behind, 10);
    expect(next.checkpoint().gaps).toEqual([gap]);
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
