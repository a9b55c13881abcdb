import { describe, expect, it } from "vitest";
import type { AccountPlan, AccountRules, Opened } from "../../plugin/collect/account_plan.ts";
import { runAccount } from "../../plugin/collect/account_run.ts";
import { createSlots } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { StateError, StoppedError } from "../../plugin/errors.ts";
import type { Tenure } from "../../plugin/fleet/tenure.ts";
import { MINUTE } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { pages } from "../support/run_scripted.ts";
import { openScripted } from "../support/scripted_account.ts";

/** An account of a fleet, with --follow; `step` is called at each sleep with its number. */
async function follow(
  step: (
    sleep: number,
    fleet: { leave(why?: StateError): void; drain(): void; stop(): void },
  ) => void,
) {
  const effects = createFakeEffects({ outKind: "pipe" });
  const stopping = new AbortController();
  const story: string[] = [];
  let [tenure, isDrained] = [new AbortController(), false];
  let over: StateError | null = null;
  const fleet = {
    leave(why?: StateError) {
      over = why ?? null;
      tenure.abort();
    },
    drain() {
      isDrained = true;
      tenure.abort();
    },
    stop: () => stopping.abort(new StoppedError("SIGTERM")),
  };
  const sleep = effects.sleep;
  Object.assign(effects, {
    sleep: async (delayMs: number, signal?: AbortSignal) => {
      await sleep(delayMs, signal);
      step(effects.sleeps.length, fleet);
      signal?.throwIfAborted();
    },
  });
  const delivery = stdoutDelivery(effects, "follow");
  const plan: AccountPlan = {
    name: "acme",
    isShared: true,
    open: async (_slot, _signal, kept) => {
      story.push(kept === undefined ? "open" : "open with what was kept");
      if (story.length > 4) fleet.stop();
      tenure = new AbortController();
      isDrained = false;
      over = null;
      const own: Tenure = {
        account: "acme",
        fence: { key: "", target: "create", revision: "1" },
        leave: tenure.signal,
        isHurried: () => isDrained,
        sure: async () => {
          if (over !== null) throw over;
        },
        release: async () => {},
      };
      const job = await openScripted(effects, {
        name: "acme",
        sources: [pages("audit", 2)],
        intervalMs: MINUTE,
        options: { safety: "lag", settleMs: 30_000, lagBytes: 1_000_000 },
      });
      const close = job.ledger.close;
      const ledger = {
        ...job.ledger,
        close: async (end: Parameters<typeof close>[0]) => {
          const open = await job.ledger.settle(false);
          story.push(`close ${end} ${open ? "unsettled" : "settled"}`);
          await close(end);
        },
      };
      return { job: { ...job, ledger }, tenure: own, release: () => void story.push("release") };
    },
  };
  const rules: AccountRules = {
    mode: "follow",
    signal: stopping.signal,
    stop: () => (stopping.signal.aborted ? "now" : "no"),
    newSlot: createSlots(1),
    isAlone: () => true,
    configProblem: () => null,
    opened: new Set<Opened>(),
    shipperAlive: async () => true,
  };
  const seat = { name: "acme", now: () => ({ plan, replaced: new AbortController().signal }) };
  await runAccount(effects, seat, delivery, rules);
  return { story, effects };
}

describe("an account that goes to another process", () => {
  it("is closed once the shipper has had time to read its lines, then waited for again", async () => {
    const { story, effects } = await follow((sleep, fleet) => {
      if (sleep === 2) fleet.leave();
      if (sleep > 60) fleet.stop();
    });
    expect(story.slice(0, 4)).toEqual(["open", "close stopped settled", "release", "open"]);
    expect(effects.logs.map(({ message }) => message)).toContain("Account handed over");
  });

  it("is closed at once where its process is drained", async () => {
    const { story, effects } = await follow((sleep, fleet) => {
      if (sleep === 2) fleet.drain();
      if (sleep > 60) fleet.stop();
    });
    expect(story.slice(0, 4)).toEqual(["open", "close stopped unsettled", "release", "open"]);
    expect(effects.sleeps.filter((ms) => ms === 1_000).length).toBeLessThan(60);
  });

  it("is not closed where another process has it already, and opened anew a second later, with nothing kept", async () => {
    const lost = new StateError("gone", { code: "lock_lost" });
    const { story, effects } = await follow((sleep, fleet) => {
      if (sleep === 2) fleet.leave(lost);
      if (sleep > 60) fleet.stop();
    });
    expect(story.slice(0, 3)).toEqual(["open", "release", "open"]);
    const failure = effects.logs.find(({ fields }) => fields.code === "lock_lost");
    expect(failure?.fields.retryMs).toBe(1_000);
    expect(effects.output()).not.toContain("health_error");
  });
});
