import { describe, expect, it } from "vitest";
import { parseCheckpoint } from "../plugin/checkpoint.ts";
import { stdoutDelivery } from "../plugin/deliver/stdout.ts";
import {
  ApiError,
  AuthError,
  ConfigError,
  DeliveryError,
  EXIT,
  NetworkError,
  ShipperGoneError,
  StateError,
} from "../plugin/errors.ts";
import type { RunOptions } from "../plugin/run.ts";
import { exitCode, run } from "../plugin/run.ts";
import { at, shipper } from "./support/delivery_values.ts";
import type { FakeEffects, FakeOptions } from "./support/fake_effects.ts";
import { createFakeEffects } from "./support/fake_effects.ts";
import type { ScriptedPage } from "./support/scripted.ts";
import { scriptedSource } from "./support/scripted.ts";
import type { ScriptedAccount } from "./support/scripted_account.ts";
import { scriptedPlan } from "./support/scripted_account.ts";

const MINUTE = 60_000;

function pages(name: string, count: number, records = 2) {
  return scriptedSource(
    (cursor): ScriptedPage | undefined => {
      if (cursor >= count) return undefined;
      const lines = Array.from({ length: records }, (_, index) => `${name}-${cursor}-${index}`);
      return { items: [{ key: `item ${cursor}`, records: lines }] };
    },
    { name, streams: [name] },
  );
}

const failing = (name: string, error: unknown) =>
  scriptedSource(
    () => {
      throw error;
    },
    { name, streams: [name] },
  );

interface Setting {
  readonly mode?: RunOptions["mode"];
  readonly options?: Partial<RunOptions>;
  readonly fake?: FakeOptions;
  readonly effects?: FakeEffects;
}

function started(accounts: readonly ScriptedAccount[], setting: Setting = {}) {
  const mode = setting.mode ?? "once";
  const effects = setting.effects ?? createFakeEffects(setting.fake);
  const delivery = stdoutDelivery(effects, mode);
  const plans = accounts.map((account) =>
    scriptedPlan(effects, {
      ...account,
      options: { safety: delivery.safety, ...account.options },
    }),
  );
  const stopping = new AbortController();
  const go = () =>
    run(effects, plans, delivery, {
      mode,
      maxRunMs: 14 * MINUTE,
      maxConcurrency: 4,
      signal: stopping.signal,
      shipperAlive: async () => true,
      ...setting.options,
    });
  return { effects, plans, stopping, go };
}

const lines = (effects: FakeEffects) =>
  effects
    .output()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("{"));

function stored(effects: FakeEffects, account: string) {
  const bytes = effects.disk.get(`/state/${account}/checkpoint`);
  if (bytes === undefined) throw new Error(`No checkpoint of ${account}`);
  const checkpoint = parseCheckpoint(bytes, account);
  return { ...checkpoint, last: checkpoint.runs.at(-1) };
}

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
    [true, "set handover: drained", 3],
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

describe("run() where something fails", () => {
  const refused = new AuthError("wrong key", { code: "auth_refused" });
  const noSecret = new ConfigError("Cannot read the secret", { code: "secret_env" });
  const noBatch = new DeliveryError("Cannot deliver", { code: "delivery_refused" });
  const noRoute = new NetworkError("no route", { code: "network" });

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

  it("saves the other accounts before it reports a defect", async () => {
    const defect = new TypeError("undefined is not a function");
    const { effects, plans, go } = started([
      { name: "acme", sources: [failing("siem", defect)] },
      { name: "beta", sources: [pages("audit", 3)] },
    ]);
    await expect(go()).rejects.toBe(defect);
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

  it.each([
    ["nothing failed", [[null], []], EXIT.ok],
    ["one source of one account", [[null, noRoute]], EXIT.partial],
    ["one account of two", [[noRoute], [null]], EXIT.partial],
    ["one account of two, the other had nothing due", [[noRoute], []], EXIT.partial],
    ["all by the network", [[noRoute], [noRoute]], EXIT.temporary],
    ["all by credentials", [[refused], [refused]], EXIT.auth],
    ["by both", [[refused], [noRoute]], EXIT.temporary],
    ["all by secrets that can't be read", [[noSecret], [noSecret]], EXIT.config],
    ["one by its secret, the other by the network", [[noSecret], [noRoute]], EXIT.temporary],
    ["one by its secret, the other worked", [[noSecret], [null]], EXIT.partial],
    ["by the shipper's HTTP input, whatever worked", [[noBatch], [null]], EXIT.delivery],
    ["by the state directory", [[new StateError("x", { code: "y" })], [noRoute]], EXIT.state],
  ] as const)("exitCode(): %s", (_name, outcomes, code) => {
    expect(exitCode(outcomes)).toBe(code);
  });
});

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

  it("tries an account again that another process holds, while its neighbours go on", async () => {
    const effects = createFakeEffects();
    const stopping = new AbortController();
    const source = pages("siem", 1);
    const neighbour = pages("audit", 1);
    const accounts = [
      { name: "acme", sources: [source] },
      { name: "beta", sources: [neighbour] },
    ].map((account) => ({ ...account, options: { safety: "lag" as const } }));
    const [held, free] = accounts.map((account) => scriptedPlan(effects, account));
    let tries = 0;
    const open = async () => {
      if (++tries <= 3) throw new StateError("held", { code: "lock_held" });
      return held!.open({} as never);
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
