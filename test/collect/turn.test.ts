import { describe, expect, it } from "vitest";
import type { Stop } from "../../plugin/collect/leaving.ts";
import {
  AuthError,
  BudgetError,
  NetworkError,
  ShipperGoneError,
  StoppedError,
} from "../../plugin/errors.ts";
import { badGateway, MINUTE, state } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { scriptedSource } from "../support/scripted.ts";
import { threeStreams, turnsOf } from "../support/scripted_turns.ts";

describe("collectSource() logs", () => {
  it("how many records came, how long it took, and whether that was all", async () => {
    const effects = createFakeEffects();
    const { source } = threeStreams(effects, 5_000);
    const { take, collected } = await turnsOf(source, {}, effects);
    await take();
    await take();
    const base = { account: "acme", source: "siem", ms: 15_000, finished: true };
    expect(collected()).toEqual([
      { level: "info", message: "Source collected", fields: { ...base, records: 3 } },
      { level: "debug", message: "Source collected", fields: { ...base, records: 0 } },
    ]);
  });

  it("until when the rate budget is used up", async () => {
    const effects = createFakeEffects({ now: Date.UTC(2026, 2, 1, 12) });
    const { source } = threeStreams(effects, 0, (stream) => {
      if (stream === "a") throw new BudgetError(5 * MINUTE, effects.now());
    });
    const { take, collected } = await turnsOf(source, {}, effects);
    expect(await take()).toMatchObject({ finished: true, error: null, records: 1 });
    expect(collected()).toMatchObject([
      { fields: { records: 1, finished: false, rateLimitedUntil: "2026-03-01T12:05:00.000Z" } },
    ]);
  });

  it("a failure instead, with the permission only where that is what lacks", async () => {
    for (const [error, permission] of [
      [badGateway(), undefined],
      [new AuthError("no", { code: "forbidden" }), "Account | Logs | Read"],
    ] as const) {
      const failing = scriptedSource(() => {
        throw error;
      });
      const { effects, take, collected } = await turnsOf(failing);
      expect(await take()).toMatchObject({ error, finished: true, answered: false });
      expect(collected()).toEqual([]);
      const logged = effects.logs.find(({ message }) => message === error.message);
      expect(logged?.fields).toMatchObject({ account: "acme", source: "audit", stream: "audit" });
      expect(logged?.fields.permission).toBe(permission);
    }
  });
});

describe("collectSource() ends", () => {
  it("once its share is over, and goes on with the stream that it did not come to", async () => {
    const effects = createFakeEffects();
    const { asked, source } = threeStreams(effects, 0);
    const page = () => effects.advance(MINUTE / 2);
    const progress = { turn: () => ({ took() {}, page }), end() {} };
    const { job, take, collected } = await turnsOf(source, { progress }, effects);
    expect(await take()).toMatchObject({ finished: false, answered: true, records: 2 });
    expect(asked).toEqual(["c", "a"]);
    expect(state(job, "siem")).toMatchObject({ resumeAt: "b", dueMs: effects.now() });
    expect(collected()).toMatchObject([{ fields: { finished: false } }]);
    expect(await take()).toMatchObject({ finished: false, records: 1 });
    expect(asked).toEqual(["c", "a", "b", "c"]);
  });

  it("begins with the first stream where the one to go on with is gone", async () => {
    const effects = createFakeEffects();
    const { asked, source } = threeStreams(effects, 0);
    const { job, take } = await turnsOf(source, {}, effects);
    await take();
    job.ledger.setSource("siem", { ...state(job, "siem")!, resumeAt: "gone" });
    await take();
    expect(asked).toEqual(["c", "a", "b", "c", "a", "b"]);
  });

  it("with the first failure of several, and asks the other streams all the same", async () => {
    const effects = createFakeEffects();
    const errors = [badGateway(), badGateway()];
    const { asked, source } = threeStreams(effects, 0, (stream) => {
      if (stream !== "a") throw errors[stream === "c" ? 0 : 1];
    });
    const { take } = await turnsOf(source, {}, effects);
    const { error, ...rest } = await take();
    expect(error).toBe(errors[0]);
    expect(rest).toMatchObject({ finished: true, answered: true, records: 1 });
    expect(asked).toEqual(["c", "a", "b"]);
  });

  it("with what was delivered before a failure counted", async () => {
    const fail = () => ({ after: 5, error: badGateway() });
    const records = ["1", "-2", "3", "4", "5", "6"];
    const source = scriptedSource(() => ({
      items: [{ key: "i", records, blockRecords: 1, fail }],
    }));
    const { take, job } = await turnsOf(source);
    expect(await take()).toMatchObject({ records: 4 });
    expect(state(job, "audit")).toMatchObject({ failures: 1, records: 4, filtered: 1 });
    await take();
    expect(state(job, "audit")).toMatchObject({ failures: 2, records: 4, filtered: 1 });
  });

  it("at refused credentials: the other streams have the same", async () => {
    const effects = createFakeEffects();
    const { asked, source } = threeStreams(effects, 0, () => {
      throw new AuthError("wrong key", { code: "auth_refused" });
    });
    const { take } = await turnsOf(source, {}, effects);
    await take();
    expect(asked).toEqual(["c"]);
  });

  it.each([
    ["the request that the signal has ended", new NetworkError("aborted", { code: "network" })],
    ["a wait for the rate budget", new BudgetError(5 * MINUTE, 0)],
    ["what says so", new StoppedError("SIGTERM")],
  ])("without a failure where it is told to stop, at %s", async (_what, error) => {
    const effects = createFakeEffects();
    let stop: Stop = "no";
    const { asked, source } = threeStreams(effects, 1_000, (stream) => {
      if (stream === "c") return;
      stop = "now";
      throw error;
    });
    const { job, take } = await turnsOf(source, {}, effects);
    const result = await take(() => stop);
    expect(result).toMatchObject({ error: null, records: 1, answered: true, finished: false });
    expect(asked).toEqual(["c", "a"]);
    expect(state(job, "siem")).toMatchObject({ failures: 0, resumeAt: "a", dueMs: effects.now() });
  });

  it("with what ends every source", async () => {
    const gone = new ShipperGoneError("closed", { code: "stdout_closed" });
    const { take, job } = await turnsOf(
      scriptedSource(() => {
        throw gone;
      }),
    );
    await expect(take()).rejects.toBe(gone);
    expect(state(job, "audit")?.failures).toBe(0);
  });
});
