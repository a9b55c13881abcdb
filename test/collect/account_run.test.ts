import { describe, expect, it } from "vitest";
import type { AccountPlan, AccountRules, Opened } from "../../plugin/collect/account_plan.ts";
import { runAccount } from "../../plugin/collect/account_run.ts";
import type { Seat } from "../../plugin/collect/crew.ts";
import { createSlots } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ConfigError, DeliveryError, StateError, StoppedError } from "../../plugin/errors.ts";
import { badGateway, failingSource, healthLines, MINUTE } from "../support/account_scripted.ts";
import { createFakeEffects, type FakeEffects } from "../support/fake_effects.ts";
import { pages } from "../support/run_scripted.ts";
import { type ScriptedAccount, scriptedPlan } from "../support/scripted_account.ts";

const broken = () => new StateError("Cannot read", { code: "checkpoint_broken" });

/** The run of one account, and what it is told and asked. */
function accountOf(
  account: Partial<ScriptedAccount> = {},
  values: Partial<AccountRules> = {},
  effects: FakeEffects = createFakeEffects(),
) {
  const stopping = new AbortController();
  const seen = { alive: 0, rounds: 0 };
  const rules: AccountRules = {
    mode: "once",
    signal: stopping.signal,
    stop: () => (stopping.signal.aborted ? "now" : "no"),
    newSlot: createSlots(1),
    isAlone: () => true,
    configProblem: () => null,
    opened: new Set<Opened>(),
    shipperAlive: async () => {
      seen.alive++;
      return true;
    },
    afterRound: async () => {
      seen.rounds++;
    },
    ...values,
  };
  const delivery = stdoutDelivery(effects, rules.mode);
  const plan = scriptedPlan(effects, {
    name: "acme",
    sources: [pages("audit", 1)],
    intervalMs: MINUTE,
    ...account,
    options: { safety: delivery.safety, ...account.options },
  });
  const go = (values: Partial<AccountPlan> = {}) =>
    runAccount(effects, seatOf({ ...plan, ...values }), delivery, rules);
  return { effects, plan, rules, stopping, seen, go };
}

/** An account whose plan stays. */
const seatOf = (plan: AccountPlan): Seat => {
  const replaced = new AbortController().signal;
  return { name: plan.name, now: () => ({ plan, replaced }) };
};

/** Stops at the n-th sleep; the sleeps until then. */
function stopAtSleep(effects: FakeEffects, stopping: AbortController, count: number) {
  const real = effects.sleep;
  Object.assign(effects, {
    sleep: async (delayMs: number, signal?: AbortSignal) => {
      if (effects.sleeps.length + 1 >= count) stopping.abort(new StoppedError("SIGTERM"));
      await real(delayMs, signal);
    },
  });
}

describe("runAccount() once", () => {
  it("gives what each feed came to, and asks nothing of the shipper", async () => {
    const error = badGateway();
    const { seen, rules, go } = accountOf({
      sources: [pages("audit", 1), failingSource("siem", error)],
    });
    expect(await go()).toEqual([null, error]);
    expect(seen).toEqual({ alive: 0, rounds: 0 });
    expect(rules.opened.size).toBe(1);
  });

  it.each([
    ["a state directory that can't be used", broken(), 1],
    ["a lock that another process holds", new StateError("held", { code: "lock_held" }), 0],
    ["what is said where it is met", new ConfigError("no secret", { code: "secret_file" }), 0],
  ])("ends at %s, and tells QRadar of the first only", async (_what, error, times) => {
    const told: unknown[] = [];
    const { effects, go } = accountOf();
    const open = () => Promise.reject(error);
    const say = async (reason: unknown) => {
      told.push(reason);
    };
    expect(await go({ open, say })).toEqual([error]);
    expect(told).toEqual(Array.from({ length: times }, () => error));
    expect(await go({ open })).toEqual([error]);
    expect(effects.logs).toMatchObject([{ message: error.message }, { message: error.message }]);
    expect(effects.logs.every(({ fields }) => !("retryMs" in fields))).toBe(true);
  });

  it("does not mind that QRadar can't be told either, but a defect ends it", async () => {
    const error = broken();
    const open = () => Promise.reject(error);
    const saying = (reason: Error) => ({ open, say: () => Promise.reject(reason) });
    expect(await accountOf().go(saying(broken()))).toEqual([error]);
    const defect = new TypeError("x is not a function");
    await expect(accountOf().go(saying(defect))).rejects.toBe(defect);
  });

  it("is no failure where it is told to stop, and one of all accounts where the output refuses", async () => {
    const { go, stopping } = accountOf();
    expect(await go({ open: () => Promise.reject(new StoppedError("SIGTERM")) })).toEqual([]);
    const refused = new DeliveryError("HTTP 401", { code: "output_http_401" });
    await expect(go({ open: () => Promise.reject(refused) })).rejects.toBe(refused);
    const why = new Error("why it was aborted");
    stopping.abort(why);
    expect(await go({ open: () => Promise.reject(why) })).toEqual([]);
    const other = broken();
    expect(await go({ open: () => Promise.reject(other) })).toEqual([other]);
  });
});

describe("runAccount() that looks only", () => {
  it("says so, and asks every feed at once", async () => {
    const effects = createFakeEffects();
    await accountOf({}, {}, effects).go();
    const { go } = accountOf({}, { looking: { notice: "Nothing is kept" } }, effects);
    expect(await go()).toEqual([null]);
    const told = healthLines(effects).map(({ message }) => message);
    expect(told.filter((message) => message === "Nothing is kept")).toHaveLength(1);
    expect(await accountOf({}, {}, effects).go()).toEqual([]);
  });
});

describe("runAccount() that follows", () => {
  it("looks after the shipper every five seconds while nothing is open, and is not late", async () => {
    const effects = createFakeEffects();
    const { go, seen, stopping } = accountOf(
      { options: { lagBytes: 0 } },
      { mode: "follow" },
      effects,
    );
    stopAtSleep(effects, stopping, 14);
    await go();
    const slept = effects.sleeps;
    expect(slept.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => 5_000));
    expect(seen.alive).toBeGreaterThanOrEqual(13);
    expect(seen.rounds).toBeGreaterThan(0);
  });

  it("looks every second while something is open, and not longer than to the next poll", async () => {
    const effects = createFakeEffects();
    const { go, stopping } = accountOf(
      { intervalMs: 2_500, options: { settleMs: 1e9, lagBytes: 1e9 } },
      { mode: "follow" },
      effects,
    );
    stopAtSleep(effects, stopping, 5);
    await go();
    expect(effects.sleeps.slice(0, 3)).toEqual([1_000, 1_000, 500]);
  });

  it("tells of a round that lasts for minutes while it lasts", async () => {
    for (const [pageMs, rounds] of [
      [MINUTE - 1, 0],
      [MINUTE, 1],
    ] as const) {
      const effects = createFakeEffects();
      const source = pages("audit", 1);
      const slow: typeof source.page = async (...args) => {
        effects.advance(pageMs);
        return source.page(...args);
      };
      const { go, seen } = accountOf({ sources: [{ ...source, page: slow }] }, {}, effects);
      await go();
      expect(seen.rounds).toBe(rounds);
    }
  });

  it("tells of each round once, also of the first and after a long wait", async () => {
    const effects = createFakeEffects();
    const settings = { intervalMs: 10 * MINUTE, options: { lagBytes: 0 } };
    const { go, seen, stopping } = accountOf(settings, { mode: "follow" }, effects);
    const told: number[] = [];
    const beganMs = effects.now();
    stopAtSleep(effects, stopping, 3 * 120);
    const real = effects.sleep;
    Object.assign(effects, {
      sleep: async (delayMs: number, signal?: AbortSignal) => {
        if (seen.rounds > told.length) told.push(effects.now() - beganMs);
        await real(delayMs, signal);
      },
    });
    await go();
    expect(told.map((ms) => Math.round(ms / MINUTE))).toEqual([0, 10, 20]);
    expect(seen.rounds).toBe(3);
  });

  it("is tried again where others go on, or once it was open, and else not", async () => {
    for (const isAlone of [true, false]) {
      const effects = createFakeEffects();
      const { go, stopping } = accountOf({}, { mode: "follow", isAlone: () => isAlone }, effects);
      stopAtSleep(effects, stopping, 1);
      const error = broken();
      let tries = 0;
      const open = () => {
        tries++;
        return Promise.reject(error);
      };
      expect(await go({ open })).toEqual([error]);
      expect(tries).toBe(1);
      const retryMs = isAlone ? undefined : MINUTE;
      expect(effects.logs[0]?.fields.retryMs).toBe(retryMs);
      expect(effects.logs[0]).toMatchObject({ level: "error" });
    }
  });

  it("tells QRadar once of what it can't open, however often it is tried", async () => {
    const effects = createFakeEffects();
    const { go, stopping } = accountOf({}, { mode: "follow", isAlone: () => false }, effects);
    stopAtSleep(effects, stopping, 4);
    let told = 0;
    const say = async () => {
      told++;
    };
    await go({ open: () => Promise.reject(broken()), say });
    expect(told).toBe(1);
    expect(effects.logs.map(({ fields }) => fields.retryMs)).toEqual(
      [1, 2, 4, 8].map((minutes) => minutes * MINUTE),
    );
  });
});
