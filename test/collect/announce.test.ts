import { describe, expect, it } from "vitest";
import { announce, announceLooking } from "../../plugin/collect/announce.ts";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import type { ResumeReason } from "../../plugin/state/handover.ts";
import { healthLines, onePage, state } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { openScripted } from "../support/scripted_account.ts";

/** An account of two feeds; siem was asked before, and is not due. */
async function accountOf(reason: ResumeReason = "first", again: readonly string[] = []) {
  const effects = createFakeEffects();
  const opened = await openScripted(effects, {
    name: "acme",
    sources: [onePage("audit"), onePage("siem")],
  });
  const job = { ...opened, ledger: { ...opened.ledger, reason, again } };
  job.ledger.setSource("siem", { ...NEW_SOURCE, startedMs: 5, dueMs: 6, records: 7 });
  return { effects, job, delivery: stdoutDelivery(effects, "once") };
}

describe("announce()", () => {
  it("logs where the account starts, and says nothing else where nothing is wrong", async () => {
    const { effects, job, delivery } = await accountOf("same_shipper");
    await announce(effects, job, delivery);
    expect(effects.logs).toEqual([
      {
        level: "debug",
        message: "Account opened",
        fields: { account: "acme", reason: "same_shipper", again: [] },
      },
    ]);
    expect(healthLines(effects)).toEqual([]);
    expect(state(job, "siem")).toMatchObject({ dueMs: 6 });
  });

  it("makes the feeds due that are sent again", async () => {
    const { effects, job, delivery } = await accountOf("other_shipper", ["siem"]);
    await announce(effects, job, delivery);
    expect(effects.logs.at(-1)).toMatchObject({
      level: "warn",
      fields: { account: "acme", reason: "other_shipper", streams: ["siem"] },
    });
    expect(state(job, "siem")).toMatchObject({ startedMs: 0, dueMs: 0, records: 7 });
    expect(state(job, "audit")).toBeUndefined();
    expect(healthLines(effects)).toEqual([]);
  });

  it.each([
    ["new_parents", "Every run has a parent process of its own"],
    ["shippers_change", "Each of the last runs had another shipper"],
  ] as const)("tells QRadar of %s", async (reason, text) => {
    const { effects, job, delivery } = await accountOf(reason);
    await announce(effects, job, delivery);
    const message = expect.stringContaining(text);
    expect(effects.logs.at(-1)).toMatchObject({ level: "error", message });
    expect(healthLines(effects)).toMatchObject([
      { status: "error", endpoint: "collector", message },
    ]);
  });
});

describe("announceLooking()", () => {
  it("makes every feed due, and says what is to be said", async () => {
    for (const notice of [null, "Nothing is kept"]) {
      const { effects, job, delivery } = await accountOf();
      await announceLooking(effects, job, delivery, { notice });
      expect(state(job, "siem")).toMatchObject({ startedMs: 0, dueMs: 0, records: 7 });
      expect(state(job, "audit")).toBeUndefined();
      const told = healthLines(effects).map(({ message }) => message);
      expect(told).toEqual(notice === null ? [] : [notice]);
    }
  });
});
