import { expect, test } from "vitest";
import type { SourceJob, TurnResult } from "../../plugin/collect/job.ts";
import {
  afterTurn,
  beginRound,
  dueSources,
  goesOn,
  unheard,
  withTurns,
} from "../../plugin/collect/round.ts";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import { ApiError, AuthError } from "../../plugin/errors.ts";
import { sourceNamed } from "../../plugin/sources/registry.ts";

const NOW = Date.UTC(2026, 2, 1);
const job = (name: string): SourceJob => ({
  source: sourceNamed("2.0", name),
  intervalMs: 60_000,
  overlapMs: 0,
  startMs: NOW,
});
const [audit, dlp, siem] = [job("audit"), job("dlp"), job("siem")] as [
  SourceJob,
  SourceJob,
  SourceJob,
];
const turn = (source: string, more: Partial<TurnResult> = {}): TurnResult => ({
  source,
  records: 1,
  error: null,
  finished: true,
  answered: true,
  ...more,
});
const busy = new ApiError("busy", { code: "api", status: 503, retryable: true });

test("the most overdue feed comes first, one that failed a share later", () => {
  const at = (dueMs: number, failures = 0) => ({ ...NEW_SOURCE, dueMs, failures });
  const states = (failures: number) => ({
    audit: { ...at(NOW - 50_000), startedMs: NOW - 100_000 },
    dlp: { ...at(NOW - 90_000, failures), startedMs: NOW - 140_000 },
    siem: { ...at(NOW + 60_000), startedMs: NOW },
  });
  const order = (failures: number) =>
    dueSources([audit, dlp, siem], states(failures), NOW).map(({ source }) => source.name);
  expect(order(0)).toEqual(["dlp", "audit"]);
  expect(order(3)).toEqual(["audit", "dlp"]);
});

test("a round goes on until every feed has come to its end", () => {
  let round = withTurns(beginRound([audit, dlp], {}, NOW), [audit, dlp]);
  expect([...unheard(round)]).toEqual(["audit", "dlp"]);
  round = afterTurn(round, turn("audit", { finished: false }));
  expect(goesOn(round, "no")).toBe(true);
  round = afterTurn(round, turn("audit"));
  round = afterTurn(round, turn("dlp", { error: busy }));
  expect(goesOn(round, "no")).toBe(false);
  expect([...unheard(round)]).toEqual(["dlp"]);
  expect([...round.results.values()]).toEqual([
    { source: "audit", records: 2, error: null },
    { source: "dlp", records: 1, error: busy },
  ]);
});

test("refused credentials end it, a missing permission does not", () => {
  const round = beginRound([audit, dlp], {}, NOW);
  const error = (code: string) => new AuthError("refused", { code });
  expect(goesOn(afterTurn(round, turn("audit", { error: error("auth") })), "no")).toBe(false);
  expect(goesOn(afterTurn(round, turn("audit", { error: error("forbidden") })), "no")).toBe(true);
});

test("a run whose time is over asks once at least; one that is told to stop does not", () => {
  const round = beginRound([audit], {}, NOW);
  expect(goesOn(round, "time")).toBe(true);
  expect(goesOn({ ...round, hasBegun: true }, "time")).toBe(false);
  expect(goesOn(round, "now")).toBe(false);
});
