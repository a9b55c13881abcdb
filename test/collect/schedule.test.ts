import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterFailure,
  afterSuccess,
  afterWait,
  answeredAt,
  beforePoll,
  dueAt,
  isOverdue,
  NEW_SOURCE,
  overdueAfterMs,
} from "../../plugin/collect/schedule.ts";
import type { SourceState } from "../../plugin/state/checkpoint.ts";

const NOW = 1_772_366_400_000;
const MINUTE = 60_000;
const poll = { startedMs: NOW, nowMs: NOW + 5000, intervalMs: 15 * MINUTE, records: 7 };
const done = { ...poll, finished: true, coveredUntilMs: NOW - MINUTE };
const failed = { ...poll, lasting: false, error: "HTTP 502" };

describe("dueAt()", () => {
  it("is at once for a source that was never asked", () => {
    expect(dueAt(undefined, 15 * MINUTE, NOW)).toBe(0);
    expect(dueAt(NEW_SOURCE, 15 * MINUTE, NOW)).toBe(0);
  });

  it("is an interval after the start of the last poll", () => {
    const state = afterSuccess(NEW_SOURCE, done);
    expect(dueAt(state, 15 * MINUTE, NOW + 6000)).toBe(NOW + 15 * MINUTE);
  });

  it("follows an interval that was shortened, and one that was lengthened only next time", () => {
    const state = afterSuccess(NEW_SOURCE, done);
    expect(dueAt(state, MINUTE, NOW + 6000)).toBe(NOW + MINUTE);
    expect(dueAt(state, 60 * MINUTE, NOW + 6000)).toBe(NOW + 15 * MINUTE);
  });

  it("is at once where the clock was set back behind the last poll", () => {
    const future = afterSuccess(NEW_SOURCE, { ...done, startedMs: NOW + 10 * 365 * 86_400_000 });
    expect(dueAt(future, 15 * MINUTE, NOW)).toBe(0);
    const retried = afterFailure(future, { ...failed, startedMs: NOW + 86_400_000 });
    expect(dueAt(retried, 15 * MINUTE, NOW)).toBe(0);
  });

  it("is never further away than an interval, whatever the clock did", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(86_400_000), (startedMs, nowMs, intervalMs) => {
        const state = afterSuccess(NEW_SOURCE, { ...done, startedMs, nowMs, intervalMs });
        expect(dueAt(state, intervalMs, nowMs) - nowMs).toBeLessThanOrEqual(intervalMs);
      }),
    );
  });
});

describe("answeredAt()", () => {
  it.each<[string, Partial<SourceState> | undefined, number | null]>([
    ["of a source that was never asked", undefined, null],
    ["of one that never answered", { answeredMs: 0, startedMs: NOW }, null],
    ["of one that answered", { answeredMs: NOW }, NOW],
    ["of one that failed since", { answeredMs: NOW, failures: 3 }, NOW],
    ["as an older version wrote it: the last poll", { startedMs: NOW }, NOW],
    ["as an older version wrote it, failing", { startedMs: NOW, failures: 1 }, null],
    ["as an older version wrote it, never asked", {}, null],
  ])("%s", (_what, state, expected) => {
    expect(answeredAt(state === undefined ? undefined : { ...NEW_SOURCE, ...state })).toBe(
      expected,
    );
  });
});

describe("isOverdue()", () => {
  it.each([
    [10_000, 100_000],
    [45_000, 135_000],
    [60_000, 180_000],
    [900_000, 2_700_000],
  ])("of an interval of %i ms begins after %i ms", (intervalMs, afterMs) => {
    expect(overdueAfterMs(intervalMs)).toBe(afterMs);
    const answered = { ...NEW_SOURCE, answeredMs: NOW };
    const asked = { ...NEW_SOURCE, answeredMs: 0, askedSinceMs: NOW };
    for (const state of [answered, asked]) {
      expect(isOverdue(state, intervalMs, NOW + afterMs)).toBe(false);
      expect(isOverdue(state, intervalMs, NOW + afterMs + 1)).toBe(true);
    }
    for (const state of [undefined, NEW_SOURCE]) {
      expect(isOverdue(state, intervalMs, NOW)).toBe(false);
    }
  });
});

describe("beforePoll()", () => {
  it.each<[string, Partial<SourceState>, number | undefined]>([
    ["begins with the first poll", {}, NOW],
    ["goes on from there", { askedSinceMs: NOW - 1 }, NOW - 1],
    ["begins anew where the clock was wrong", { askedSinceMs: NOW + 1 }, NOW],
    ["is over with the first answer", { answeredMs: NOW - 1 }, undefined],
  ])("knows since when an answer is awaited: that %s", (_what, state, expected) => {
    expect(beforePoll({ ...NEW_SOURCE, ...state }, NOW).askedSinceMs).toBe(expected);
  });
});

describe("the time of the last answer", () => {
  const wait = { startedMs: NOW, untilMs: NOW + MINUTE, records: 0 };
  it("is that of the poll, else the one before, else 0: none", () => {
    const before = { ...NEW_SOURCE, answeredMs: NOW - MINUTE };
    for (const follow of [
      (state: SourceState, values: { answeredMs?: number }) =>
        afterWait(state, { ...wait, ...values }),
      (state: SourceState, values: { answeredMs?: number }) =>
        afterFailure(state, { ...failed, ...values }),
    ]) {
      expect(follow(before, { answeredMs: NOW }).answeredMs).toBe(NOW);
      expect(follow(before, {}).answeredMs).toBe(NOW - MINUTE);
      expect(follow(NEW_SOURCE, {}).answeredMs).toBe(0);
    }
  });
});

describe("afterSuccess()", () => {
  it("forgets the failures and adds the records", () => {
    const state = afterSuccess(afterFailure(NEW_SOURCE, failed), done);
    expect(state).toEqual({
      answeredMs: NOW + 5_000,
      startedMs: NOW,
      dueMs: NOW + 15 * MINUTE,
      failures: 0,
      error: null,
      coveredUntilMs: NOW - MINUTE,
      records: 14,
    });
  });

  it("is due at once where there is more", () => {
    const state = afterSuccess(NEW_SOURCE, { ...done, finished: false });
    expect(dueAt(state, 15 * MINUTE, NOW + 6000)).toBe(NOW + 5000);
  });

  it("keeps what is covered where the poll does not say or was cut", () => {
    const state = afterSuccess(NEW_SOURCE, done);
    const silent = { ...done, coveredUntilMs: null };
    expect(afterSuccess(state, silent).coveredUntilMs).toBe(NOW - MINUTE);
    expect(afterSuccess(state, { ...silent, finished: false }).coveredUntilMs).toBe(NOW - MINUTE);
  });
});

describe("afterWait()", () => {
  it("is due when the budget has something, and counts neither as a failure nor as a success", () => {
    const before = afterFailure(afterSuccess(NEW_SOURCE, done), failed);
    const wait = { startedMs: NOW, untilMs: NOW + 7 * MINUTE, records: 3, resumeAt: "siem:av" };
    const state = afterWait(before, wait);
    const { failures, error, coveredUntilMs } = before;
    expect(state).toMatchObject({ failures, error, coveredUntilMs, resumeAt: "siem:av" });
    expect(state.records).toBe(before.records + 3);
    expect(dueAt(state, 15 * MINUTE, NOW)).toBe(NOW + 7 * MINUTE);
    expect(afterWait(state, { ...wait, resumeAt: null })).not.toHaveProperty("resumeAt");
  });
});

describe("afterFailure()", () => {
  it("waits a minute, then twice as long each time, at most the interval", () => {
    let state = NEW_SOURCE;
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      state = afterFailure(state, failed);
      waits.push((state.dueMs - failed.nowMs) / MINUTE);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    expect(state).toMatchObject({ failures: 6, error: "HTTP 502", records: 42 });
  });

  it("waits the whole interval where it will not get better by itself", () => {
    const state = afterFailure(NEW_SOURCE, { ...failed, lasting: true });
    expect(state.dueMs).toBe(failed.nowMs + 15 * MINUTE);
  });

  it("keeps what was covered before", () => {
    const state = afterFailure(afterSuccess(NEW_SOURCE, done), failed);
    expect(state.coveredUntilMs).toBe(NOW - MINUTE);
  });
});
