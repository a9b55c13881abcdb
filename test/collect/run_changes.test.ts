import { describe, expect, it } from "vitest";
import type { Opened } from "../../plugin/collect/account_plan.ts";
import type { Change } from "../../plugin/collect/changes.ts";
import { createCrew, type Outcome, type Seat } from "../../plugin/collect/crew.ts";
import { run } from "../../plugin/collect/run.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { StoppedError } from "../../plugin/errors.ts";
import { badGateway, failingSource, healthLines } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { lines, MINUTE, pages, stored } from "../support/run_scripted.ts";
import { type ScriptedAccount, scriptedPlan } from "../support/scripted_account.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

const plan = (name: string, key = "1") => ({
  name,
  key,
  open: (): Promise<Opened> => Promise.reject(new Error("not opened")),
});

describe("createCrew()", () => {
  /** Seats that end when they are told to. */
  function crewOf() {
    const seats = new Map<string, { seat: Seat; end: (outcome: Outcome) => void; turns: number }>();
    const crew = createCrew((seat) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const turns = (seats.get(seat.name)?.turns ?? 0) + 1;
      seats.set(seat.name, { seat, end: resolve, turns });
      return promise;
    });
    return { crew, seats };
  }

  it("starts new accounts, replaces changed ones, lets missing ones go, and leaves the rest alone", () => {
    const { crew, seats } = crewOf();
    expect(crew.take([plan("a"), plan("b"), plan("c")])).toMatchObject({ added: ["a", "b", "c"] });
    const signals = ["a", "b", "c"].map((name) => seats.get(name)!.seat.now().replaced);
    const next = [plan("a"), plan("b", "2"), plan("d")];
    expect(crew.take(next)).toEqual({ added: ["d"], replaced: ["b"], removed: ["c"] });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, true]);
    expect(seats.get("b")!.seat.now().plan).toBe(next[1]);
    expect(seats.get("c")!.seat.now().plan).toBeNull();
    expect(crew.take(next)).toEqual({ added: [], replaced: [], removed: [] });
    expect([...seats.values()].map(({ turns }) => turns)).toEqual([1, 1, 1, 1]);
  });

  it("ends with what the accounts came to, without those that have gone", async () => {
    const { crew, seats } = crewOf();
    crew.take([plan("a"), plan("b")]);
    const ended = crew.ended();
    crew.take([plan("a"), plan("c")]);
    seats.get("b")!.end(null);
    seats.get("a")!.end([null]);
    const error = badGateway();
    seats.get("c")!.end([error]);
    expect(await ended).toEqual([[null], [error]]);
  });

  it("goes on with an account that is wanted again while it goes, or after", async () => {
    const { crew, seats } = crewOf();
    crew.take([plan("a")]);
    crew.take([]);
    expect(crew.take([plan("a")])).toMatchObject({ added: ["a"] });
    expect(seats.get("a")!.turns).toBe(1);
    seats.get("a")!.end(null);
    await new Promise((done) => setImmediate(done));
    expect(seats.get("a")!.turns).toBe(2);
    seats.get("a")!.end([]);
    expect(await crew.ended()).toEqual([[]]);
    crew.take([plan("a")]);
    expect(seats.get("a")!.turns).toBe(3);
  });
});

/** A run that follows with `first`, and gets these changes at these minutes. */
async function followed(
  first: readonly ScriptedAccount[],
  changes: readonly (readonly [number, readonly ScriptedAccount[] | string | null])[],
  endMinutes: number,
) {
  const clock = createSimulatedClock(Date.UTC(2026, 2, 1, 12));
  const beganMs = clock.now();
  const effects = Object.assign(createFakeEffects(), clock);
  const delivery = stdoutDelivery(effects, "follow");
  const plansOf = (accounts: readonly ScriptedAccount[]) =>
    accounts.map((account) => ({
      ...scriptedPlan(effects, {
        intervalMs: MINUTE,
        ...account,
        options: { safety: "lag", settleMs: 5_000, lagBytes: 1_000_000 },
      }),
      key: `${account.values?.quarantineAfter}`,
    }));
  const stopping = new AbortController();
  async function* given(): AsyncGenerator<Change> {
    for (const [minutes, change] of changes) {
      await clock.sleep(beganMs + minutes * MINUTE - clock.now());
      if (typeof change === "string" || change === null) yield { problem: change };
      else yield { plans: plansOf(change) };
    }
  }
  const running = run(effects, plansOf(first), delivery, {
    mode: "follow",
    maxRunMs: 14 * MINUTE,
    maxConcurrency: 4,
    signal: stopping.signal,
    shipperAlive: async () => true,
    changes: given,
  });
  await clock.runUntil(beganMs + endMinutes * MINUTE);
  stopping.abort(new StoppedError("SIGTERM"));
  return { effects, code: await running };
}

describe("run() with new configurations", () => {
  const acme: ScriptedAccount = { name: "acme", sources: [pages("acme", 3)] };
  const beta: ScriptedAccount = { name: "beta", sources: [pages("beta", 3)] };
  const changed = { ...acme, values: { quarantineAfter: 7 } };

  it("sends nothing twice of an account that stays, changes, goes and comes again", async () => {
    const { effects, code } = await followed(
      [acme],
      [
        [1.5, [acme, beta]],
        [3, [changed, beta]],
        [4, [beta]],
        [4.05, [acme, beta]],
        [5, [beta]],
        [6, [acme, beta]],
      ],
      8,
    );
    expect(code).toBe(0);
    expect(lines(effects)).toHaveLength(12);
    expect(new Set(lines(effects)).size).toBe(12);
    const used = effects.logs.filter(({ message }) => message.startsWith("The new configuration"));
    expect(used.map(({ fields }) => fields)).toEqual([
      { added: ["beta"], replaced: [], removed: [] },
      { added: [], replaced: ["acme"], removed: [] },
      { added: [], replaced: [], removed: ["acme"] },
      { added: ["acme"], replaced: [], removed: [] },
      { added: [], replaced: [], removed: ["acme"] },
      { added: ["acme"], replaced: [], removed: [] },
    ]);
  });

  it("leaves an account that goes with everything safe that the shipper has had time to read", async () => {
    const { effects } = await followed([acme, beta], [[0.5, [beta]]], 3);
    expect(stored(effects, "acme").committed.acme?.cursor).toBe(3);
    expect(stored(effects, "acme").last?.staged).toEqual({});
  });

  it("asks a feed that failed at once, for the new configuration may be the remedy", async () => {
    const failing = {
      name: "acme",
      sources: [failingSource("audit", badGateway())],
      intervalMs: 60 * MINUTE,
    };
    const asked = (effects: Awaited<ReturnType<typeof followed>>["effects"]) =>
      effects.logs.filter(({ message }) => message === badGateway().message).length;
    const still = await followed([failing], [[0.2, [failing]]], 0.5);
    expect(asked(still.effects)).toBe(1);
    const again = { ...failing, values: { quarantineAfter: 7 } };
    expect(asked((await followed([failing], [[0.2, [again]]], 0.5)).effects)).toBe(2);
  });

  it("goes on without an account until there is one again", async () => {
    const { effects, code } = await followed([], [[2, [beta]]], 4);
    expect(code).toBe(0);
    expect(lines(effects)).toHaveLength(6);
  });

  it("tells QRadar of a configuration that can't be taken, at once and hourly, until it is in order", async () => {
    const { effects } = await followed(
      [acme],
      [
        [1, "line 3 is wrong"],
        [2, "line 3 is wrong"],
        [90, null],
      ],
      180,
    );
    const told = healthLines(effects).filter(({ message }) => message === "line 3 is wrong");
    expect(told.map(({ status, endpoint }) => [status, endpoint])).toEqual([
      ["error", "collector"],
      ["error", "collector"],
    ]);
    expect(stored(effects, "acme")).not.toHaveProperty("configProblem");
    const open = await followed([acme], [[1, "line 3 is wrong"]], 2);
    expect(stored(open.effects, "acme").configProblem).toBe("line 3 is wrong");
  });
});
