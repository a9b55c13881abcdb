import { describe, expect, it } from "vitest";
import { collectAccount } from "../../plugin/collect/account.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import { createSlots } from "../../plugin/collect/slots.ts";
import type { Delivery } from "../../plugin/deliver/delivery.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ApiError, StoppedError } from "../../plugin/errors.ts";
import {
  badGateway,
  dataLines,
  failingSource,
  healthLines,
  onePage,
  opened,
  state,
} from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { openScripted } from "../support/scripted_account.ts";

const stopped = () => new StoppedError("by SIGTERM");

describe("collectAccount() in a run that is ended", () => {
  it.each<readonly [string, Stop]>([
    ["the signal is known", "now"],
    ["only the request knows it", "time"],
  ])("counts a request that was aborted as no failure: %s", async (_when, wanted) => {
    const { effects, job, go } = await opened([failingSource("audit", stopped())]);
    let asked = 0;
    const [result] = await go(() => (asked++ < 3 ? "no" : wanted));
    expect(result).toMatchObject({ source: "audit", error: null });
    expect(state(job, "audit")).toMatchObject({ failures: 0, error: null, resumeAt: "audit" });
    expect(healthLines(effects)).toEqual([]);
    expect(effects.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  /** A delivery that the end of the run meets once it has taken so many writes. */
  async function endedAfter(
    writes: number,
    sources: Parameters<typeof openScripted>[1]["sources"],
  ) {
    const effects = createFakeEffects();
    const job = await openScripted(effects, { name: "acme", sources });
    const stdout = stdoutDelivery(effects, "once");
    let left = writes;
    const delivery: Delivery = {
      ...stdout,
      async write(...args) {
        if (left-- <= 0) throw stopped();
        await stdout.write(...args);
      },
    };
    const stop = (): Stop => (left < 0 ? "now" : "no");
    const round = { stop, abort: () => {}, newSlot: createSlots(1) };
    return { effects, job, results: await collectAccount(effects, job, delivery, round) };
  }

  it("says the health lines in the next run, where they were cut short", async () => {
    const { effects, job, results } = await endedAfter(1, [onePage("audit")]);
    expect(results).toEqual([{ source: "audit", records: 1, error: null }]);
    expect(dataLines(effects)).toEqual(["audit-1"]);
    expect(effects.logs.filter(({ level }) => level === "error")).toEqual([]);
    expect(job.ledger.checkpoint().healthMs).toBe(0);
    const round = { stop: (): Stop => "no", abort: () => {}, newSlot: createSlots(1) };
    effects.advance(900_000);
    await collectAccount(effects, job, stdoutDelivery(effects, "once"), round);
    expect(healthLines(effects)).toEqual([expect.objectContaining({ status: "ok" })]);
  });

  it("remembers the failure that it could not say", async () => {
    const { job, results } = await endedAfter(0, [failingSource("audit", badGateway())]);
    expect(results).toEqual([{ source: "audit", records: 0, error: expect.any(ApiError) }]);
    expect(state(job, "audit")).toMatchObject({ failures: 1, error: "Cannot list: HTTP 502" });
  });
});

describe("collectAccount() with a feed that no run gets an answer for", () => {
  it("says so in QRadar once it is overdue, and not before", async () => {
    let isSilent = false;
    const page = onePage("audit");
    const source: typeof page = {
      ...page,
      async page(...args) {
        if (isSilent) throw new StoppedError("the time of the run is over");
        return page.page(...args);
      },
    };
    const { effects, job, go } = await opened([source], { values: { healthIntervalMs: 60_000 } });
    await go();
    isSilent = true;
    const cut = async () => {
      let asked = 0;
      await go(() => (asked++ < 3 ? "no" : "now"));
    };
    effects.advance(1_000_000);
    await cut();
    expect(healthLines(effects)).toHaveLength(1);
    effects.advance(2_000_000);
    await cut();
    expect(healthLines(effects).slice(1)).toEqual([
      expect.objectContaining({
        status: "error",
        message: expect.stringContaining("nothing was collected since"),
      }),
    ]);
    expect(state(job, "audit")).toMatchObject({ failures: 0 });
  });
});
