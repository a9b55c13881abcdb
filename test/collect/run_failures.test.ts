import { describe, expect, it } from "vitest";
import { run } from "../../plugin/collect/run.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import {
  AuthError,
  DeliveryError,
  EXIT,
  ShipperGoneError,
  StateError,
} from "../../plugin/errors.ts";
import { emptyCheckpoint, serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { at } from "../support/delivery_values.ts";
import type { FakeEffects } from "../support/fake_effects.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { failing, lines, MINUTE, pages, started, stored } from "../support/run_scripted.ts";
import { scriptedSource } from "../support/scripted.ts";

describe("run() where something fails", () => {
  const refused = new AuthError("wrong key", { code: "auth_refused" });

  it("collects the other accounts, and ends with 1", async () => {
    const { effects, go } = started([
      { name: "acme", sources: [failing("siem", refused)] },
      { name: "beta", sources: [pages("audit", 1)] },
    ]);
    expect(await go()).toBe(EXIT.partial);
    expect(lines(effects)).toEqual(["audit-0-0", "audit-0-1"]);
  });

  it("goes on where an account can't be opened", async () => {
    const { effects, plans } = started([
      { name: "acme", sources: [] },
      { name: "beta", sources: [pages("audit", 1)] },
    ]);
    const held = new StateError("held", { code: "lock_held", hint: "Run one instance" });
    const [, beta] = plans;
    if (beta === undefined) throw new Error("no plan");
    const acme = { name: "acme", open: () => Promise.reject(held) };
    const code = await run(effects, [acme, beta], stdoutDelivery(effects, "once"), {
      mode: "once",
      maxRunMs: MINUTE,
      maxConcurrency: 1,
      signal: new AbortController().signal,
      shipperAlive: async () => true,
    });
    expect(code).toBe(EXIT.partial);
    expect(lines(effects)).toHaveLength(2);
    expect(effects.logs).toContainEqual({
      level: "error",
      message: "held",
      fields: { account: "acme", code: "lock_held", hint: "Run one instance" },
    });
  });

  it("ends the account whose position another process has written, and leaves that alone", async () => {
    const effects = createFakeEffects();
    const path = "/state/acme/checkpoint";
    const foreign = serializeCheckpoint({ ...emptyCheckpoint("acme", "2.0"), sequence: 99 });
    const source = scriptedSource(
      (cursor) => {
        effects.disk.set(path, foreign);
        return cursor < 3 ? { items: [{ key: "i", records: [`r${cursor}`] }] } : undefined;
      },
      { name: "siem", streams: ["siem"] },
    );
    const { go } = started(
      [
        { name: "acme", sources: [source] },
        { name: "beta", sources: [pages("audit", 1)] },
      ],
      { effects },
    );
    expect(await go()).toBe(EXIT.state);
    expect(effects.disk.get(path)).toEqual(foreign);
    expect(lines(effects)).toContain("audit-0-0");
    expect(effects.logs).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ code: "lock_lost" }) }),
    );
  });

  it("ends the requests of the other accounts where the shipper is gone", async () => {
    const gone = new ShipperGoneError("Cannot write to stdout", { code: "shipper_gone" });
    const effects = createFakeEffects({
      onWrite: () => {
        throw gone;
      },
    });
    const [acme, beta] = started(
      [
        { name: "acme", sources: [pages("siem", 1)] },
        { name: "beta", sources: [] },
      ],
      { effects },
    ).plans;
    if (acme === undefined || beta === undefined) throw new Error("no plan");
    let ended: unknown;
    const waiting: typeof beta = {
      ...beta,
      open: (_place, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            ended = signal.reason;
            reject(signal.reason);
          });
        }),
    };
    const code = await run(effects, [acme, waiting], stdoutDelivery(effects, "once"), {
      mode: "once",
      maxRunMs: MINUTE,
      maxConcurrency: 2,
      signal: new AbortController().signal,
      shipperAlive: async () => true,
    });
    expect(code).toBe(EXIT.shipper_gone);
    expect(ended).toBe(gone);
  });

  it("ends with 70 where a defect is all that happened", async () => {
    const defect = new TypeError("undefined is not a function");
    const { effects, go } = started([{ name: "acme", sources: [failing("siem", defect)] }]);
    expect(await go()).toBe(EXIT.defect);
    expect(effects.logs).toContainEqual(
      expect.objectContaining({
        level: "error",
        fields: expect.objectContaining({ code: "defect" }),
      }),
    );
  });

  it("collects the other accounts where a defect ends one, and ends with 1", async () => {
    const defect = new TypeError("undefined is not a function");
    const { effects, plans, go } = started([
      { name: "acme", sources: [failing("siem", defect)] },
      { name: "beta", sources: [pages("audit", 3)] },
    ]);
    expect(await go()).toBe(EXIT.partial);
    expect(stored(effects, "beta").last).toMatchObject({
      end: "drained",
      staged: { audit: at(3) },
    });
    expect(plans.map((plan) => plan.released.count)).toEqual([1, 1]);
  });

  it("ends with 74 where the disk is full at the end, and has kept what it could", async () => {
    let full = false;
    const { effects, go } = started([{ name: "acme", sources: [pages("siem", 1)] }], {
      fake: {
        outKind: "file",
        onFile: (operation) => {
          if (full && operation === "replace") throw new StateError("full", { code: "enospc" });
        },
        onWrite: () => {
          full = true;
        },
      },
    });
    expect(await go()).toBe(EXIT.state);
    full = false;
    expect(stored(effects, "acme").committed).toEqual({ siem: at(0) });
  });

  it("commits nothing of a file that can't be synced", async () => {
    const effects = createFakeEffects({ outKind: "file" });
    const broken: FakeEffects = {
      ...effects,
      stdout: {
        ...effects.stdout,
        sync: async () => {
          throw new StateError("Cannot sync stdout: EIO", { code: "state_eio" });
        },
      },
    };
    const { go } = started([{ name: "acme", sources: [pages("siem", 1)] }], { effects: broken });
    expect(await go()).toBe(EXIT.state);
    expect(stored(effects, "acme").committed).toEqual({ siem: at(0) });
  });

  it("ends for every account where the shipper's HTTP input refuses a batch, with its remedy", async () => {
    const effects = createFakeEffects({ outKind: "file" });
    let batches = 0;
    const refusing: FakeEffects = {
      ...effects,
      stdout: {
        ...effects.stdout,
        write: async (bytes) => {
          if (++batches > 3) {
            throw new DeliveryError("Cannot deliver", { code: "delivery_refused", hint: "Look" });
          }
          await effects.stdout.write(bytes);
        },
      },
    };
    const accounts = ["acme", "beta"].map((name) => ({ name, sources: [pages(name, 5)] }));
    const { go, plans } = started(accounts, {
      effects: refusing,
      mode: "follow",
      options: { maxConcurrency: 1 },
    });
    expect(await go()).toBe(EXIT.delivery);
    const said = effects.logs.filter(({ level }) => level === "error");
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ fields: { code: "delivery_refused", hint: "Look" } });
    expect(stored(effects, "acme").committed).toEqual({ acme: at(3) });
    expect(stored(effects, "acme").last?.staged).toEqual({});
    expect(plans.map((plan) => plan.released.count)).toEqual([1, 1]);
  });
});
