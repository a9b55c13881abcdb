import { describe, expect, it } from "vitest";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import { ApiError, BudgetError, StoppedError } from "../../plugin/errors.ts";
import { badGateway, healthLines, MINUTE, state } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { scriptedSource } from "../support/scripted.ts";
import { turnsOf } from "../support/scripted_turns.ts";

const HOUR = 60 * MINUTE;

/** A turn of a feed that answered `answeredAgoMs` ago and had failed `failures` times since; `error` is what it meets. */
async function turnAfter(answeredAgoMs: number, failures: number, error: () => Error) {
  const effects = createFakeEffects();
  const source = scriptedSource(() => {
    throw error();
  });
  const turns = await turnsOf(source, {}, effects);
  const answeredMs = effects.now() - answeredAgoMs;
  turns.job.ledger.setSource("audit", { ...NEW_SOURCE, answeredMs, failures });
  await turns.take();
  const logs = effects.logs.filter(({ level }) => level === "warn" || level === "error");
  return { ...turns, logs, after: state(turns.job, "audit") };
}

describe("a turn without an answer", () => {
  const budget = () => new BudgetError(5 * MINUTE, 0);
  const stopped = (hint?: string) => () =>
    new StoppedError("the time of the run is over", hint === undefined ? {} : { hint });

  it("is no failure, and says in the checkpoint why, where it is not for being told to stop", async () => {
    for (const [error, unanswered] of [
      [budget, "Mimecast's rate limit is used up"],
      [stopped("Raise it"), "Stopped: the time of the run is over (Raise it)"],
      [stopped(), undefined],
    ] as const) {
      const { after } = await turnAfter(MINUTE, 0, error);
      expect(after).toMatchObject({ failures: 0, error: null });
      expect(after?.unanswered).toBe(unanswered);
    }
  });

  it("is logged with the remedy, where there is one", async () => {
    const fields = { account: "acme", source: "audit", code: "unanswered", hint: "Raise it" };
    expect((await turnAfter(MINUTE, 0, stopped("Raise it"))).logs).toEqual([
      { level: "warn", fields, message: expect.stringContaining("the time of the run is over") },
    ]);
    expect((await turnAfter(MINUTE, 0, stopped())).logs).toEqual([]);
    expect((await turnAfter(MINUTE, 0, budget)).logs).toEqual([]);
  });

  it("is an error once the feed is overdue, unless it is known to be failing", async () => {
    const fields = { account: "acme", source: "audit", code: "overdue" };
    const message = expect.stringContaining("The feed is overdue: ");
    for (const error of [budget, stopped(), stopped("Raise it")]) {
      expect((await turnAfter(HOUR, 0, error)).logs).toEqual([{ level: "error", fields, message }]);
    }
    expect((await turnAfter(HOUR, 1, budget)).logs).toEqual([]);
  });

  it("is not logged where an answer came before the wait", async () => {
    const effects = createFakeEffects();
    const source = scriptedSource((cursor) => {
      if (cursor === 2) throw new StoppedError("the time of the run is over", { hint: "Raise it" });
      return { items: [{ key: "i", records: [`${cursor}`] }] };
    });
    const { job, take } = await turnsOf(source, {}, effects);
    await take();
    expect(effects.logs.filter(({ level }) => level === "warn")).toEqual([]);
    expect(state(job, "audit")).toMatchObject({ answeredMs: effects.now() });
    expect(state(job, "audit")).not.toHaveProperty("unanswered");
  });
});

describe("a turn that failed", () => {
  it("is told to QRadar when it begins, then with the other health lines, with its remedy", async () => {
    const error = new ApiError("Cannot list: HTTP 502", {
      code: "http_502",
      status: 502,
      retryable: true,
      hint: "Wait",
    });
    const { effects, job, take } = await turnsOf(
      scriptedSource(() => {
        throw error;
      }),
    );
    job.ledger.setHealth(effects.now());
    const told = () => healthLines(effects).map(({ status, message }) => [status, message]);
    const line = ["error", "Cannot list: HTTP 502 (Wait)"];
    await take();
    expect(told()).toEqual([line]);
    effects.advance(HOUR - 1);
    await take();
    expect(told()).toEqual([line]);
    effects.advance(1);
    await take();
    expect(told()).toEqual([line, line]);
    expect(state(job, "audit")).toMatchObject({ failures: 3, error: error.message });
  });

  it("has no remedy to tell where there is none", async () => {
    const { effects, take } = await turnsOf(
      scriptedSource(() => {
        throw badGateway();
      }),
    );
    await take();
    expect(healthLines(effects)).toMatchObject([{ message: "Cannot list: HTTP 502" }]);
  });
});

describe("a record of an unknown type", () => {
  it("is logged when its name comes for the first time, and counted", async () => {
    const pages = [["!new", "known", "!other"]];
    const source = scriptedSource((cursor) => {
      const records = pages[cursor];
      return records === undefined ? undefined : { items: [{ key: "i", records }] };
    });
    const { effects, job, take } = await turnsOf(source);
    await take();
    const warned = () =>
      effects.logs.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    const base = { account: "acme", source: "audit", kind: "type", count: 1 };
    expect(warned()).toEqual([
      { ...base, name: "new" },
      { ...base, name: "other" },
    ]);
    pages.push(["!new"]);
    await take();
    expect(warned()).toHaveLength(2);
    expect(state(job, "audit")?.unknown).toMatchObject([
      { name: "new", count: 2 },
      { name: "other", count: 1 },
    ]);
  });
});
