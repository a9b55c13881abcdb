import { describe, expect, it } from "vitest";
import type { AccountPlan } from "../../plugin/collect/account_plan.ts";
import { run } from "../../plugin/collect/run.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ConfigError, EXIT, StateError } from "../../plugin/errors.ts";
import type { FakeEffects, FakeOptions } from "../support/fake_effects.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { lines, MINUTE, pages, stored } from "../support/run_scripted.ts";
import { scriptedPlan } from "../support/scripted_account.ts";

const full = () => new StateError("Cannot write: ENOSPC", { code: "state_enospc" });

/** Follows until `until`, which is asked at each sleep; fails after so many of them. */
async function follow(
  effects: FakeEffects,
  plans: readonly AccountPlan[],
  until: () => boolean,
): Promise<{ code: number; stopped: boolean }> {
  const stopping = new AbortController();
  let sleeps = 0;
  let stopped = false;
  const watched: FakeEffects = {
    ...effects,
    sleep: async (delayMs, signal) => {
      if (until()) stopped = true;
      if (stopped || ++sleeps > 3000) stopping.abort(new Error("SIGTERM"));
      await effects.sleep(delayMs, signal);
    },
  };
  const code = await run(watched, plans, stdoutDelivery(watched, "follow"), {
    mode: "follow",
    maxRunMs: 0,
    maxConcurrency: 2,
    signal: stopping.signal,
    shipperAlive: async () => true,
  });
  return { code, stopped };
}

function planOf(effects: FakeEffects, name: string, count = 1) {
  const sources = [pages(name, count)];
  return scriptedPlan(effects, { name, sources, intervalMs: MINUTE, options: { safety: "lag" } });
}

describe("run() following where an account fails as a whole", () => {
  /** Fails `times` saves of acme's checkpoint from the `from`-th on. */
  function failingSaves(from: number, times: number, error: () => Error = full): FakeOptions {
    let saves = 0;
    return {
      onFile(operation, path) {
        if (operation !== "replace" || !path.startsWith("/state/acme/checkpoint")) return;
        if (++saves >= from && saves < from + times) throw error();
      },
    };
  }

  it.each([
    ["a full disk", 1, full],
    ["a full disk, later", 4, full],
  ])(
    "tries it again after %s; nothing is missing or sent twice, and its neighbor goes on",
    async (_what, from, error) => {
      const effects = createFakeEffects(failingSaves(from, 3, error));
      const [acme, beta] = [planOf(effects, "acme", 5), planOf(effects, "beta")];
      const all = () => lines(effects).length >= 12;
      const healthy = () => all() && stored(effects, "acme").sources.acme?.failures === 0;
      const { code, stopped } = await follow(effects, [acme, beta], healthy);
      expect({ code, stopped }).toEqual({ code: EXIT.ok, stopped: true });
      const wanted = [0, 1, 2, 3, 4].flatMap((page) => [`acme-${page}-0`, `acme-${page}-1`]);
      expect(lines(effects).toSorted()).toEqual([...wanted, "beta-0-0", "beta-0-1"]);
      const errors = effects.logs.filter(({ level }) => level === "error");
      expect(errors[0]).toMatchObject({ fields: { account: "acme", retryMs: MINUTE } });
      expect(effects.output()).toContain('"endpoint":"collector"');
      // Given up each time, and at the end.
      expect(acme.released.count).toBe(errors.length + 1);
      expect(beta.released.count).toBe(1);
    },
  );

  it("gives up its lock while it waits, and goes on from the files where another process went further", async () => {
    const effects = createFakeEffects(failingSaves(3, 2));
    const acme = planOf(effects, "acme", 5);
    const lost = new StateError("another process", { code: "lock_lost" });
    const kept: boolean[] = [];
    const plan: AccountPlan = {
      name: "acme",
      async open(position, signal, ledger) {
        kept.push(ledger !== undefined);
        const opened = await acme.open(position, signal, ledger);
        if (kept.length !== 2) return opened;
        return {
          ...opened,
          job: {
            ...opened.job,
            ledger: { ...opened.job.ledger, save: () => Promise.reject(lost) },
          },
        };
      },
    };
    // As a fence would: the ledger that was kept is refused at its first save.
    const refusing: AccountPlan = {
      name: "acme",
      open: (position, signal, ledger) =>
        plan.open(
          position,
          signal,
          ledger === undefined || kept.length !== 1
            ? ledger
            : { ...ledger, save: () => Promise.reject(lost) },
        ),
    };
    const { stopped } = await follow(
      effects,
      [refusing],
      () => new Set(lines(effects)).size === 10 && kept.length === 3,
    );
    expect(stopped).toBe(true);
    expect(kept).toEqual([false, true, false]);
  });

  it("counts in the status what keeps failing, and waits longer each time, at most a quarter of an hour", async () => {
    const effects = createFakeEffects(failingSaves(6, 1e9));
    const waits = () =>
      effects.logs.flatMap(({ fields }) =>
        typeof fields.retryMs === "number" ? [fields.retryMs] : [],
      );
    const { code } = await follow(effects, [planOf(effects, "acme", 9)], () => waits().length >= 7);
    expect(code).toBe(EXIT.state);
    expect(waits().slice(0, 6)).toEqual([1, 2, 4, 8, 15, 15].map((minutes) => minutes * MINUTE));
  });

  it("tries again where a secret can't be read, while its neighbors go on", async () => {
    const effects = createFakeEffects();
    const real = planOf(effects, "acme");
    let tries = 0;
    const acme: AccountPlan = {
      name: "acme",
      async open(...args) {
        if (++tries <= 2) throw new ConfigError("Cannot read the secret", { code: "secret_file" });
        return real.open(...args);
      },
    };
    const { code } = await follow(
      effects,
      [acme, planOf(effects, "beta")],
      () => lines(effects).length >= 4,
    );
    expect({ code, tries }).toEqual({ code: EXIT.ok, tries: 3 });
  });

  it("ends where it is alone and can't even begin: its shipper starts it again", async () => {
    const effects = createFakeEffects();
    const failed = new ConfigError("Cannot read the secret", { code: "secret_file" });
    const acme = { name: "acme", open: () => Promise.reject(failed) };
    expect(await follow(effects, [acme], () => false)).toMatchObject({ code: EXIT.config });
  });
});

describe("run() once where an account fails as a whole", () => {
  it("does not try again: the next run does", async () => {
    const effects = createFakeEffects();
    let tries = 0;
    const open = () => {
      tries++;
      return Promise.reject(full());
    };
    const code = await run(effects, [{ name: "acme", open }], stdoutDelivery(effects, "once"), {
      mode: "once",
      maxRunMs: MINUTE,
      maxConcurrency: 1,
      signal: new AbortController().signal,
      shipperAlive: async () => true,
    });
    expect({ code, tries }).toEqual({ code: EXIT.state, tries: 1 });
  });

  it("logs a defect of the metrics, and ends as without", async () => {
    const effects = createFakeEffects();
    const code = await run(effects, [planOf(effects, "acme")], stdoutDelivery(effects, "once"), {
      mode: "once",
      maxRunMs: MINUTE,
      maxConcurrency: 1,
      signal: new AbortController().signal,
      shipperAlive: async () => true,
      afterRound: () => Promise.reject(new TypeError("undefined is not a function")),
    });
    expect(code).toBe(EXIT.ok);
    expect(effects.logs).toContainEqual(
      expect.objectContaining({
        level: "error",
        fields: expect.objectContaining({ code: "defect" }),
      }),
    );
  });
});

describe("run() and a reader that stands still", () => {
  it("ends in the end when it is asked to stop, and commits nothing", async () => {
    const stopping = new AbortController();
    const effects = createFakeEffects({
      onWrite: () => {
        stopping.abort(new Error("SIGTERM"));
        return new Promise(() => {});
      },
    });
    const code = await run(
      effects,
      [planOf(effects, "acme", 3)],
      stdoutDelivery(effects, "follow"),
      {
        mode: "follow",
        maxRunMs: 0,
        maxConcurrency: 1,
        signal: stopping.signal,
        shipperAlive: async () => true,
      },
    );
    expect(code).toBe(EXIT.shipper_gone);
    expect(effects.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(10_000);
    expect(stored(effects, "acme")).toMatchObject({
      committed: { acme: { cursor: 0 } },
      last: { staged: {} },
    });
    expect(effects.logs).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ code: "shipper_stuck" }) }),
    );
  });

  it("waits for one that is slow but reads", async () => {
    const stopping = new AbortController();
    const effects = createFakeEffects({
      onWrite: async () => {
        stopping.abort(new Error("SIGTERM"));
        for (let hops = 0; hops < 20; hops++) await Promise.resolve();
      },
    });
    const code = await run(
      effects,
      [planOf(effects, "acme", 3)],
      stdoutDelivery(effects, "follow"),
      {
        mode: "follow",
        maxRunMs: 0,
        maxConcurrency: 1,
        signal: stopping.signal,
        shipperAlive: async () => true,
      },
    );
    expect(code).toBe(EXIT.ok);
    expect(stored(effects, "acme").last?.end).toBe("stopped");
  });
});
