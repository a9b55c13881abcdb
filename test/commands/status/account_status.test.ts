import { describe, expect, it } from "vitest";
import { NEW_SOURCE } from "../../../plugin/collect/schedule.ts";
import {
  accountStatus,
  brokenStatus,
  isLive,
  worst,
} from "../../../plugin/commands/status/account_status.ts";
import { CONDITIONS } from "../../../plugin/commands/status/feed_status.ts";
import { parseConfig } from "../../../plugin/config/parse_config.ts";
import { sourcesFor } from "../../../plugin/sources/registry.ts";
import type { Checkpoint, SourceState } from "../../../plugin/state/checkpoint.ts";
import { emptyCheckpoint } from "../../../plugin/state/checkpoint.ts";
import { at, runOf, shipper } from "../../support/delivery_values.ts";

const NOW = Date.UTC(2026, 2, 8, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const [ACCOUNT] = parseConfig(
  `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X }, sources: [siem, audit] }]`,
  {},
  { fileName: "config.yaml", mode: 0o600 },
).accounts as [ReturnType<typeof parseConfig>["accounts"][number]];

const collected: SourceState = {
  ...NEW_SOURCE,
  startedMs: NOW - 5 * MINUTE,
  dueMs: NOW + 10 * MINUTE,
  coveredUntilMs: NOW - 20 * MINUTE,
  records: 812,
};

function statusOf(values: Partial<Checkpoint>, running = false) {
  const checkpoint = { ...emptyCheckpoint("acme", "2.0"), ...values };
  return accountStatus(ACCOUNT, sourcesFor("2.0"), checkpoint, NOW, running);
}

describe("accountStatus()", () => {
  it("says of a feed up to when it was collected, its lag, and when it is due", () => {
    const { feeds } = statusOf({ sources: { siem: collected, audit: collected } });
    expect(feeds[0]).toEqual({
      feed: "siem",
      condition: "ok",
      collected_up_to: "2026-03-08T11:40:00Z",
      lag_seconds: 1200,
      last_run: "2026-03-08T11:55:00Z",
      last_success: "2026-03-08T11:55:00Z",
      overdue: false,
      next_due: "2026-03-08T12:10:00Z",
      records: 812,
      filtered: 0,
      unknown: [],
      gaps: 0,
      deadline: "2026-03-15T11:40:00Z",
      failures: 0,
      error: null,
      unanswered: null,
    });
  });

  it("is overdue where nothing was collected for three intervals, and its next start has long passed", () => {
    const ago = (minutes: number) => ({
      ...collected,
      startedMs: NOW - minutes * MINUTE,
      answeredMs: NOW - minutes * MINUTE,
      dueMs: NOW - (minutes - 15) * MINUTE,
    });
    const at45 = statusOf({ sources: { siem: ago(45), audit: ago(5) } });
    expect(at45.feeds.map(({ condition }) => condition)).toEqual(["ok", "ok"]);
    const at46 = statusOf({ sources: { siem: ago(46), audit: ago(5) } });
    expect(at46.feeds.map(({ overdue }) => overdue)).toEqual([true, false]);
    expect(at46.condition).toBe("overdue");
    // It is asked again and again, and put off each time: no failure, and no answer.
    const tried = { ...ago(46), startedMs: NOW, dueMs: NOW + MINUTE };
    expect(statusOf({ sources: { siem: tried } }).feeds[0]?.condition).toBe("overdue");
  });

  it("is waiting, not ok, where it was asked and no answer came", () => {
    const asked = { ...NEW_SOURCE, startedMs: NOW - MINUTE, dueMs: NOW, answeredMs: 0 };
    const [siem] = statusOf({ sources: { siem: asked } }).feeds;
    expect(siem).toMatchObject({ condition: "waiting", last_success: null });
    expect(siem?.last_run).toBe("2026-03-08T11:59:00Z");
  });

  it("has no last run where migrate has moved the feed, and knows what was collected", () => {
    const moved = { ...NEW_SOURCE, records: 812, coveredUntilMs: NOW - 20 * MINUTE };
    const [siem] = statusOf({ sources: { siem: moved } }).feeds;
    expect(siem).toMatchObject({ condition: "waiting", last_run: null, records: 812 });
    expect(siem?.lag_seconds).toBe(1200);
  });

  it("says of a clock that was set back, or differs from Mimecast's, that it is wrong", () => {
    const later = { ...collected, answeredMs: NOW + HOUR };
    expect(statusOf({ sources: { siem: later } }).feeds[0]?.condition).toBe("clock");
    const sources = { siem: collected, audit: collected };
    expect(statusOf({ sources, clockAheadMs: -400_000 }).condition).toBe("clock");
    expect(statusOf({ sources }).condition).toBe("ok");
  });

  it("counts what the filter left out by itself", () => {
    const { feeds } = statusOf({ sources: { siem: { ...collected, filtered: 40 } } });
    expect(feeds.map(({ records, filtered }) => [records, filtered])).toEqual([
      [812, 40],
      [0, 0],
    ]);
  });

  it("tells what the mapping does not know, and since when", () => {
    const unknown = [
      { kind: "type", name: "foo", count: 14, sinceMs: NOW - 86_400_000, lastMs: NOW },
    ];
    const { feeds } = statusOf({ sources: { siem: { ...collected, unknown } } });
    expect(feeds[0]?.unknown).toEqual([
      {
        kind: "type",
        name: "foo",
        count: 14,
        since: new Date(NOW - 86_400_000).toISOString().replace(".000", ""),
        last: new Date(NOW).toISOString().replace(".000", ""),
      },
    ]);
  });

  it("lists a feed that was never polled as waiting, and due now", () => {
    const status = statusOf({});
    expect(status.feeds.map(({ feed, condition }) => [feed, condition])).toEqual([
      ["siem", "waiting"],
      ["audit", "waiting"],
    ]);
    expect(status.feeds[0]).toMatchObject({ last_run: null, next_due: null, deadline: null });
    expect(status.condition).toBe("waiting");
  });

  it.each([
    ["failing", { ...collected, failures: 2, error: "no" }],
    ["deadline", { ...collected, coveredUntilMs: NOW - 127 * HOUR }],
    ["ok", { ...collected, coveredUntilMs: NOW - 125 * HOUR }],
  ] as const)("a quarter of seven days decides: %s", (condition, siem) => {
    expect(statusOf({ sources: { siem, audit: collected } }).feeds[0]?.condition).toBe(condition);
  });

  it("counts the gaps of a feed's streams and lists the newest ten", () => {
    const gaps = Array.from({ length: 12 }, (_, index) => ({
      stream: index % 2 === 0 ? "siem:receipt" : "audit",
      item: `file-${index}`,
      atMs: NOW - (12 - index) * HOUR,
      reason: "damaged",
      cursor: null,
      file: index === 11 ? "f.bin" : null,
    }));
    const status = statusOf({ sources: { siem: collected, audit: collected }, gaps });
    expect(status.feeds.map((feed) => feed.gaps)).toEqual([6, 6]);
    expect(status.gaps).toHaveLength(10);
    expect(status.gaps.at(-1)).toEqual({
      at: "2026-03-08T11:00:00Z",
      stream: "audit",
      item: "file-11",
      reason: "damaged",
      file: "f.bin",
    });
    expect(status.condition).toBe("gaps");
  });

  it("names the run that is not confirmed, and only where it staged something", () => {
    const staged = runOf("r", shipper(7), "drained", { audit: at(1) });
    expect(statusOf({ runs: [staged] }).unconfirmed_run).toMatchObject({
      end: "drained",
      streams: 1,
    });
    expect(statusOf({ runs: [{ ...staged, staged: {} }] }).unconfirmed_run).toBeNull();
  });
});

describe("worst()", () => {
  it("takes the first of CONDITIONS that is there", () => {
    expect(worst(["ok", "gaps", "failing", "waiting"])).toBe("failing");
    expect(worst([])).toBe("ok");
    for (const condition of CONDITIONS) expect(worst(["ok", condition])).toBe(condition);
  });
});

describe("brokenStatus()", () => {
  it("keeps message and hint", () => {
    const broken = brokenStatus(ACCOUNT, { message: "m", hint: "h" }, true);
    expect(broken).toMatchObject({ condition: "broken", error: "m", hint: "h", running: true });
  });
});

describe("isLive()", () => {
  const live = (values: Partial<Checkpoint>, running: boolean) =>
    isLive(ACCOUNT, statusOf(values, running), NOW);
  const tried = (minutes: number) => ({
    siem: { ...NEW_SOURCE, answeredMs: 0, failures: 9, startedMs: NOW - minutes * MINUTE },
  });

  it("asks whether something was tried lately: an outage of Mimecast's is no reason to restart", () => {
    expect(live({ sources: tried(40) }, true)).toBe(true);
    expect(live({ sources: tried(40) }, false)).toBe(true);
    expect(live({ sources: tried(46) }, true)).toBe(false);
    expect(live({ sources: tried(46) }, false)).toBe(false);
  });

  it("believes a process that has just begun, and nothing else without a try", () => {
    expect(live({}, true)).toBe(true);
    expect(live({}, false)).toBe(false);
  });
});
