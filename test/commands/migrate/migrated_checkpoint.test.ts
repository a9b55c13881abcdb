import { describe, expect, it } from "vitest";
import { NEW_SOURCE } from "../../../plugin/collect/schedule.ts";
import {
  type MigrationRules,
  planMigration,
} from "../../../plugin/commands/migrate/migrated_checkpoint.ts";
import { sourceNamed } from "../../../plugin/sources/registry.ts";
import { windowCursor, windowStart } from "../../../plugin/sources/window/window_position.ts";
import type { Checkpoint } from "../../../plugin/state/checkpoint.ts";
import { emptyCheckpoint } from "../../../plugin/state/checkpoint.ts";
import { at, runOf, shipper } from "../../support/delivery_values.ts";

const NOW = Date.UTC(2026, 2, 10, 12);
const HOUR = 3_600_000;
const SOURCES = ["siem", "audit", "ttp_url", "threat_intel"].map((name) =>
  sourceNamed("2.0", name),
);
const RULES: MigrationRules = { nowMs: NOW, assumeDelivered: false };

const REMEMBERED = { before: "1:abcdefghijk", walk: "", old: ["a.b", "c.d"] };
const windowAt = (fromMs: number, more = {}) =>
  at(0, { cursor: windowCursor({ ...windowStart(fromMs), remembered: REMEMBERED, ...more }) });
const siem = at(0, { cursor: { token: "abc", taken: [] } });
const covered = (coveredUntilMs: number | null) => ({
  siem: { ...NEW_SOURCE, coveredUntilMs, records: 900, failures: 2, error: "HTTP 418" },
});

function old(values: Partial<Checkpoint> = {}): Checkpoint {
  return {
    ...emptyCheckpoint("acme", "1.0"),
    sequence: 41,
    committed: { siem, audit: windowAt(NOW - HOUR) },
    sources: covered(NOW - HOUR),
    ...values,
  };
}

const startDays = (checkpoint: Checkpoint) => [
  ...new Set(
    Object.entries(checkpoint.committed)
      .filter(([stream]) => stream.startsWith("siem:"))
      .map(([, { cursor }]) => (cursor as { startDay: string }).startDay),
  ),
];

describe("planMigration()", () => {
  it("keeps windows and ids of feeds with the same endpoint", () => {
    const { checkpoint, moves } = planMigration(old(), null, SOURCES, RULES);
    expect(checkpoint.committed.audit).toEqual(windowAt(NOW - HOUR));
    expect(moves).toContainEqual({ stream: "audit", what: "kept", fromMs: null });
    expect(checkpoint).toMatchObject({ api: "2.0", account: "acme", sequence: 42 });
  });

  it("keeps what was begun of a first page, and begins a later page's window again with its ids", () => {
    const taken = { key: "first", records: 7, digest: "0".repeat(32) };
    const first = { ...windowAt(NOW - HOUR, { toMs: NOW }), done: ["x"], taken };
    const later = {
      ...windowAt(NOW - HOUR, { toMs: NOW, askedMs: NOW, pageToken: "eNq" }),
      done: ["x"],
      taken,
    };
    const committed = { audit: first, ttp_url: later };
    const { checkpoint } = planMigration(old({ committed }), null, SOURCES, RULES);
    expect(checkpoint.committed.audit).toEqual(first);
    const again = windowAt(NOW - HOUR, { toMs: NOW, askedMs: NOW });
    expect(checkpoint.committed.ttp_url).toEqual(again);
  });

  it.each([
    ["in the middle of a day", NOW - HOUR, "2026-03-10"],
    ["shortly after midnight", Date.UTC(2026, 2, 10, 1), "2026-03-09"],
    ["days ago", Date.UTC(2026, 2, 6, 18), "2026-03-06"],
    ["longer ago than Mimecast keeps", Date.UTC(2026, 1, 1), "2026-03-03"],
    ["not known", null, "2026-03-03"],
  ])("starts siem two hours before what was collected: %s", (_name, coveredUntilMs, day) => {
    const checkpoint = old({ sources: covered(coveredUntilMs) });
    const migration = planMigration(checkpoint, null, SOURCES, RULES);
    expect(startDays(migration.checkpoint)).toEqual([day]);
    expect(migration.moves.filter(({ what }) => what === "overlap")).toHaveLength(10);
    expect(migration.siemUncertain).toBe(false);
  });

  it("starts siem with the oldest where the last run's lines may not have arrived", () => {
    const staged = { siem: at(1), audit: windowAt(NOW) };
    const runs = [runOf("r1", shipper(9), "drained", staged)];
    const { checkpoint, siemUncertain } = planMigration(old({ runs }), null, SOURCES, RULES);
    expect(siemUncertain).toBe(true);
    expect(startDays(checkpoint)).toEqual(["2026-03-03"]);
    // The handover decides about the others as always.
    expect(checkpoint.committed.audit).toEqual(windowAt(NOW - HOUR));
    expect(checkpoint.runs).toEqual([{ ...runs[0], staged: { audit: windowAt(NOW) } }]);
  });

  it("believes the operator who says that they have", () => {
    const runs = [runOf("r1", shipper(9), "drained", { siem: at(1), audit: windowAt(NOW) })];
    const rules = { ...RULES, assumeDelivered: true };
    const { checkpoint, siemUncertain } = planMigration(old({ runs }), null, SOURCES, rules);
    expect(siemUncertain).toBe(false);
    expect(startDays(checkpoint)).toEqual(["2026-03-10"]);
    expect(checkpoint.committed.audit).toEqual(windowAt(NOW));
    expect(checkpoint.runs).toEqual([]);
  });

  it("counts what only the journal knows", () => {
    const runs = [runOf("r1", shipper(9), "open", {})];
    const journal = { run: "r1", sequence: 41, stream: "siem", position: at(1) };
    expect(planMigration(old({ runs }), journal, SOURCES, RULES).siemUncertain).toBe(true);
    const stale = { ...journal, sequence: 40 };
    expect(planMigration(old({ runs }), stale, SOURCES, RULES).siemUncertain).toBe(false);
  });

  it("lets a paging token of the threat feed go and keeps its ids", () => {
    const stream = "threat_intel:malware_grid";
    const cursor = { from: NOW - HOUR, token: "old host's", ids: ["a.b"] };
    const committed = { [stream]: at(0, { cursor }) };
    const { checkpoint } = planMigration(old({ committed }), null, SOURCES, RULES);
    expect(checkpoint.committed[stream]?.cursor).toMatchObject({ ...cursor, token: null });
  });

  it("says what is new and what is left", () => {
    const committed = { dlp: windowAt(NOW) };
    const { checkpoint, moves } = planMigration(old({ committed }), null, SOURCES, RULES);
    expect(moves).toContainEqual({ stream: "dlp", what: "left", fromMs: null });
    expect(moves).toContainEqual({ stream: "siem:receipt", what: "new", fromMs: null });
    expect(checkpoint.committed).toEqual({});
  });

  it("makes every feed due, and forgets failures of the old keys", () => {
    const { checkpoint } = planMigration(old(), null, SOURCES, RULES);
    const coveredUntilMs = NOW - HOUR;
    expect(checkpoint.sources).toEqual({ siem: { ...NEW_SOURCE, coveredUntilMs, records: 900 } });
  });
});
