import { describe, expect, it } from "vitest";
import type { Checkpoint, SourceState } from "../plugin/checkpoint.ts";
import { emptyCheckpoint } from "../plugin/checkpoint.ts";
import { parseConfig } from "../plugin/config.ts";
import { NEW_SOURCE } from "../plugin/schedule.ts";
import { sourcesFor } from "../plugin/sources/registry.ts";
import { accountStatus, brokenStatus, CONDITIONS, worst } from "../plugin/status.ts";
import { at, runOf, shipper } from "./support/delivery_values.ts";

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
      next_due: "2026-03-08T12:10:00Z",
      records: 812,
      filtered: 0,
      gaps: 0,
      deadline: "2026-03-15T11:40:00Z",
      failures: 0,
      error: null,
    });
  });

  it("counts what the filter left out by itself", () => {
    const { feeds } = statusOf({ sources: { siem: { ...collected, filtered: 40 } } });
    expect(feeds.map(({ records, filtered }) => [records, filtered])).toEqual([
      [812, 40],
      [0, 0],
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
