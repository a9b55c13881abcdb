import { describe, expect, it } from "vitest";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import { StateError } from "../../plugin/errors.ts";
import type { Checkpoint } from "../../plugin/state/checkpoint.ts";
import type { Ledger } from "../../plugin/state/ledger.ts";
import { at } from "../support/delivery_values.ts";
import { createFakeEffects, type FakeEffects } from "../support/fake_effects.ts";
import { begun, FOLDER, OTHER, onDisk, open, taken } from "../support/ledger_files.ts";

const CHECKPOINT = `${FOLDER}/checkpoint`;
const part = (records: number) => at(0, { taken: taken(records) });
const sequenceOf = (effects: FakeEffects) => onDisk(effects).checkpoint?.sequence;

/** Effects whose disk refuses to replace files while `full.is` is true. */
function fillable() {
  const full = { is: false };
  const effects = createFakeEffects({
    onFile: (operation) => {
      if (full.is && operation === "replace")
        throw new StateError("full", { code: "state_enospc" });
    },
  });
  return { effects, full };
}

/** Holds the next replacing of a file until it is told to go on. */
function heldReplace(effects: FakeEffects) {
  const real = effects.files.replace;
  const started = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  Object.assign(effects.files, {
    replace: async (path: string, bytes: Uint8Array) => {
      started.resolve();
      await goOn.promise;
      await real(path, bytes);
    },
  });
  return { started: started.promise, goOn: () => goOn.resolve() };
}

describe("openLedger()", () => {
  it("writes nothing where the run before had left nothing open", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.advance("audit", at(1), 100);
    await ledger.close("drained");
    const before = [...effects.disk];
    const next = await open(effects, { safety: "taken" });
    expect(next.reason).toBe("nothing_staged");
    expect([...effects.disk]).toEqual(before);
    await next.close("drained");
    expect([...effects.disk]).toEqual(before);
  });

  it("does not believe the run that another process was still at when this one came", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    const next = await open(effects, { overlapped: true });
    expect(next).toMatchObject({ reason: "overlapped", again: ["audit"] });
    expect(next.position("audit")).toEqual(at(0));
  });

  it("leaves the journal alone until its position is in the checkpoint", async () => {
    const { effects, ledger } = await begun();
    await ledger.accepted("audit", part(2), 100);
    const journal = effects.disk.get(`${FOLDER}/journal`);
    const seen: unknown[] = [];
    const real = effects.files.replace;
    Object.assign(effects.files, {
      replace: async (path: string, bytes: Uint8Array) => {
        seen.push(effects.disk.get(`${FOLDER}/journal`));
        await real(path, bytes);
      },
    });
    await open(effects);
    expect(seen).toEqual([journal, journal]);
  });
});

describe("a checkpoint that is saved", () => {
  it("is not saved once more at the end where nothing has changed since", async () => {
    const { effects, ledger } = await begun();
    const before = sequenceOf(effects);
    await ledger.close("drained");
    expect(sequenceOf(effects)).toBe(before);
  });

  const sources = { audit: { ...NEW_SOURCE, records: 7 } };
  const gap = { stream: "audit", item: "", atMs: 1, reason: "lost", cursor: 3, file: null };
  it.each<[string, (ledger: Ledger) => unknown, Partial<Checkpoint>]>([
    ["a source's state", (ledger) => ledger.setSource("audit", sources.audit), { sources }],
    ["the time of the health lines", (ledger) => ledger.setHealth(99), { healthMs: 99 }],
    ["a wrong clock", (ledger) => ledger.setClock(70_000), { clockAheadMs: 70_000 }],
    ["a configuration", (ledger) => ledger.setConfigProblem("no"), { configProblem: "no" }],
    ["a gap", (ledger) => ledger.addGap(gap), { gaps: [gap] }],
  ])("has %s that was told after the last save, or while it was going on", async (...row) => {
    const [, tell, told] = row;
    for (const isMeanwhile of [false, true]) {
      const { effects, ledger } = await begun();
      if (isMeanwhile) {
        const held = heldReplace(effects);
        const saved = ledger.save();
        await held.started;
        tell(ledger);
        held.goOn();
        await saved;
      } else tell(ledger);
      await ledger.close("drained");
      expect(onDisk(effects).checkpoint).toMatchObject(told);
    }
  });

  it("says nothing of a clock that is right, and forgets one that was wrong", async () => {
    const { effects, ledger } = await begun();
    const before = sequenceOf(effects);
    ledger.setClock(null);
    await ledger.close("drained");
    expect(sequenceOf(effects)).toBe(before);
    const second = await open(effects);
    second.setClock(70_000);
    await second.save();
    const known = sequenceOf(effects);
    second.setClock(70_000);
    await second.close("drained");
    expect(sequenceOf(effects)).toBe(known);
    second.setClock(null);
    await second.close("drained");
    expect(onDisk(effects).checkpoint).not.toHaveProperty("clockAheadMs");
  });

  it("has what a stream came to while it was being saved", async () => {
    const { effects, ledger } = await begun();
    await ledger.begin("siem", at(0));
    await Promise.all([
      ledger.save(),
      ledger.accepted("audit", part(1), 100),
      ledger.accepted("siem", part(2), 200),
      ledger.accepted("audit", part(3), 300),
    ]);
    const next = await open(effects);
    expect(next.position("audit")).toEqual(part(3));
    expect(next.position("siem")).toEqual(part(2));
  });
});

describe("the journal", () => {
  it("names what was committed since the last save only where something was", async () => {
    const { effects, ledger } = await begun();
    await ledger.accepted("audit", part(2), 100);
    expect(onDisk(effects).journal).toEqual({
      run: onDisk(effects).checkpoint?.runs.at(-1)?.id,
      sequence: 1,
      stream: "audit",
      position: part(2),
    });
  });

  it.each(["next_start", "taken"] as const)(
    "takes every chunk of a run that is safe at %s, however long it lasts",
    async (safety) => {
      const { effects, ledger } = await begun({ safety });
      const before = effects.disk.get(CHECKPOINT);
      for (let records = 1; records < 5; records++) {
        effects.advance(3_600_000);
        await ledger.accepted("audit", part(records), records * 100_000);
      }
      expect(effects.disk.get(CHECKPOINT)).toEqual(before);
      expect(ledger.checkpoint().committed).toEqual({ audit: at(0) });
    },
  );

  it("keeps the last position where the checkpoint can't be saved any more", async () => {
    const { effects, full } = fillable();
    const ledger = await open(effects);
    await ledger.begin("audit", at(0));
    await ledger.accepted("audit", part(2), 100);
    full.is = true;
    await expect(ledger.save()).rejects.toMatchObject({ code: "state_enospc" });
    full.is = false;
    expect((await open(effects)).position("audit")).toEqual(part(2));
  });

  it("may fail at the end: the checkpoint says how the run ended", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    Object.assign(effects.files, {
      overwrite: async () => {
        throw new StateError("Cannot write: EIO", { code: "state_eio" });
      },
    });
    await ledger.close("stopped");
    expect(onDisk(effects).checkpoint?.runs.at(-1)?.end).toBe("stopped");
  });

  it("is no cover for a defect", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    const defect = new TypeError("x is not a function");
    Object.assign(effects.files, {
      overwrite: async () => {
        throw defect;
      },
    });
    await expect(ledger.close("drained")).rejects.toBe(defect);
  });
});

describe("what earlier runs had staged", () => {
  it("is remembered until this run commits something", async () => {
    const { effects, ledger } = await begun();
    await ledger.advance("audit", at(1), 100);
    await ledger.close("drained");
    const next = await open(effects, { safety: "lag", shipper: OTHER });
    await next.advance("audit", at(1), 100);
    expect(onDisk(effects).checkpoint?.runs).toMatchObject([
      { end: "drained", staged: { audit: at(1) } },
      { end: "open", staged: { audit: at(1) } },
    ]);
    await next.advance("audit", at(2), 1100);
    expect(onDisk(effects).checkpoint?.runs).toMatchObject([{ staged: { audit: at(2) } }]);
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(1) });
  });

  it("is committed by a run that follows, once the output has moved on by the lag", async () => {
    const carried = async () => {
      const { effects, ledger } = await begun({ safety: "taken" });
      await ledger.accepted("audit", part(2), 100);
      const next = await open(effects, { safety: "lag" });
      expect(next.checkpoint().committed).toEqual({ audit: at(0) });
      return { effects, next };
    };
    const moved = await carried();
    await moved.next.begin("siem", at(0));
    await moved.next.advance("siem", at(1), 1000);
    expect(moved.next.checkpoint().committed).toEqual({ audit: part(2), siem: at(0) });
    const quiet = await carried();
    let seconds = 0;
    for (; await quiet.next.settle(false); seconds++) quiet.effects.advance(1000);
    expect(seconds).toBe(30);
    expect(onDisk(quiet.effects).checkpoint?.committed).toEqual({ audit: part(2) });
  });

  it("is not committed by mere quiet where a flush is to tell", async () => {
    const { effects, ledger } = await begun({ safety: "taken" });
    await ledger.accepted("audit", part(2), 100);
    const next = await open(effects, { safety: "taken" });
    for (let second = 0; second < 60; second++) {
      effects.advance(1000);
      expect(await next.settle(false)).toBe(false);
    }
    expect(next.checkpoint().committed).toEqual({ audit: at(0) });
  });
});

describe("Ledger.settle()", () => {
  it("waits on where a page without output is taken meanwhile", async () => {
    const { effects, ledger } = await begun({ safety: "lag" });
    await ledger.advance("audit", at(1), 100);
    for (let second = 0; second < 20; second++) {
      effects.advance(1000);
      expect(await ledger.settle(false)).toBe(true);
    }
    await ledger.advance("audit", at(2), 100);
    for (let second = 20; second < 29; second++) {
      effects.advance(1000);
      expect(await ledger.settle(false)).toBe(true);
    }
    effects.advance(1000);
    expect(await ledger.settle(false)).toBe(false);
    expect(onDisk(effects).checkpoint?.committed).toEqual({ audit: at(2) });
    const before = sequenceOf(effects);
    expect(await ledger.settle(false)).toBe(false);
    expect(sequenceOf(effects)).toBe(before);
  });
});
