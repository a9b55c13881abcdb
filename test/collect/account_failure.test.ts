import { describe, expect, it } from "vitest";
import { noteAccountFailure } from "../../plugin/collect/account_failure.ts";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import type { Delivery } from "../../plugin/deliver/delivery.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { ShipperGoneError, StateError, StoppedError } from "../../plugin/errors.ts";
import { healthLines, MINUTE, onePage, state } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { openScripted } from "../support/scripted_account.ts";

const full = new StateError("Cannot write: the disk is full", {
  code: "state_enospc",
  hint: "Make room",
});

/** An account of two feeds that has told its health lines just now, and fails. */
async function failing(write?: () => Promise<void>) {
  const effects = createFakeEffects();
  const disk = { isFull: false };
  const job = await openScripted(effects, {
    name: "acme",
    sources: [onePage("audit"), onePage("siem")],
  });
  const replace = effects.files.replace;
  Object.assign(effects.files, {
    replace: (path: string, bytes: Uint8Array) =>
      disk.isFull ? Promise.reject(full) : replace(path, bytes),
  });
  const delivery: Delivery = {
    ...stdoutDelivery(effects, "follow"),
    ...(write === undefined ? {} : { write }),
  };
  job.ledger.setHealth(effects.now());
  const note = () => noteAccountFailure(effects, job, delivery, full);
  const told = () =>
    healthLines(effects).map(({ status, endpoint, message }) => [status, endpoint, message]);
  return { effects, job, note, told, disk };
}

describe("noteAccountFailure()", () => {
  const line = ["error", "collector", "Cannot write: the disk is full (Make room)"];

  it("is a failure of each feed, and adds to those that it has had", async () => {
    const { effects, job, note } = await failing();
    job.ledger.setSource("siem", { ...NEW_SOURCE, failures: 2, records: 7 });
    await note();
    const base = { error: full.message, startedMs: effects.now() };
    expect(state(job, "audit")).toMatchObject({
      ...base,
      failures: 1,
      dueMs: effects.now() + MINUTE,
    });
    expect(state(job, "siem")).toMatchObject({ ...base, failures: 3, records: 7 });
    expect(state(job, "siem")?.dueMs).toBe(effects.now() + 4 * MINUTE);
  });

  it("is told to QRadar when it begins for one of the feeds, then once an hour", async () => {
    const { effects, job, note, told } = await failing();
    job.ledger.setSource("siem", { ...NEW_SOURCE, failures: 2 });
    await note();
    expect(told()).toEqual([line]);
    effects.advance(60 * MINUTE - 1);
    await note();
    expect(told()).toEqual([line]);
    effects.advance(1);
    await note();
    expect(told()).toEqual([line, line]);
    expect(job.ledger.checkpoint().healthMs).toBe(effects.now());
  });

  it("leaves it to be told another time where the end of the run cuts that short", async () => {
    const stopped = new StoppedError("SIGTERM");
    const { effects, job, note } = await failing(() => Promise.reject(stopped));
    const before = effects.now();
    effects.advance(MINUTE);
    await note();
    expect(job.ledger.checkpoint().healthMs).toBe(before);
    expect(effects.logs).toEqual([]);
  });

  it("goes to the log where the disk or the output has the same trouble", async () => {
    const { effects, job, note, disk } = await failing();
    disk.isFull = true;
    await note();
    expect(effects.logs).toEqual([
      {
        level: "warn",
        message: `Cannot write down that an account failed: ${full.message}`,
        fields: { account: "acme", code: "state_enospc", hint: "Make room" },
      },
    ]);
    expect(state(job, "audit")?.failures).toBe(1);
  });

  it("is in the checkpoint also where the output is what is full", async () => {
    const { effects, job, note } = await failing(() => Promise.reject(full));
    const { replace } = effects.files;
    let saved = "";
    Object.assign(effects.files, {
      replace: (path: string, bytes: Uint8Array) => {
        saved += Buffer.from(bytes).toString("utf8");
        return replace(path, bytes);
      },
    });
    await note();
    expect(saved).toContain(full.message);
    expect(effects.logs).toHaveLength(1);
    expect(state(job, "audit")?.failures).toBe(1);
  });

  it("throws where the shipper is gone", async () => {
    const gone = new ShipperGoneError("gone", { code: "shipper_gone" });
    const { note } = await failing(() => Promise.reject(gone));
    await expect(note()).rejects.toBe(gone);
  });
});
