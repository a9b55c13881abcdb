import { describe, expect, it } from "vitest";
import { openWindow, tipOverlapMs } from "../../../plugin/sources/window/window_opening.ts";
import {
  readWindowPosition,
  type WindowPosition,
  windowStart,
} from "../../../plugin/sources/window/window_position.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OVERLAP_MS = 10 * MINUTE_MS;
const FROM = NOW - 2 * OVERLAP_MS;
const TIP = NOW - MINUTE_MS;

const opened = (values: Partial<WindowPosition>, nowMs = NOW, overlapMs = OVERLAP_MS) =>
  readWindowPosition(
    openWindow({ ...windowStart(FROM), ...values }, { now: () => nowMs, overlapMs }).next,
    "audit",
  );

describe("openWindow()", () => {
  it.each<[string, Partial<WindowPosition>, boolean]>([
    ["at first", { tipMs: TIP }, true],
    ["where nothing is known beyond it", { deepMs: NOW, tipMs: FROM }, true],
    ["a minute after the last one", { deepMs: NOW - MINUTE_MS, tipMs: TIP }, true],
    ["where the clock was set back", { deepMs: NOW + 1, tipMs: TIP }, true],
    ["and not sooner", { deepMs: NOW - MINUTE_MS + 1, tipMs: TIP }, false],
    ["and not in the same moment", { deepMs: NOW, tipMs: TIP }, false],
  ])("reaches back to what is not settled %s", (_what, values, isDeep) => {
    const wanted = isDeep ? FROM : TIP;
    expect(opened(values)).toMatchObject({ isDeep, pieceFromMs: wanted, toMs: NOW, askedMs: null });
  });

  it("reaches back more often where the overlap is short", () => {
    const values = { deepMs: NOW - 6_000, tipMs: TIP };
    expect(opened(values, NOW, MINUTE_MS).isDeep).toBe(true);
    expect(opened({ ...values, deepMs: NOW - 5_999 }, NOW, MINUTE_MS).isDeep).toBe(false);
    expect([tipOverlapMs(OVERLAP_MS), tipOverlapMs(MINUTE_MS)]).toEqual([15_000, 1_000]);
  });

  it("is a day and the overlap long at most, a second at least, and as long a piece as the last", () => {
    const long = opened({ fromMs: NOW - 5 * DAY_MS, tipMs: NOW - 5 * DAY_MS });
    expect(long.toMs).toBe(NOW - 4 * DAY_MS + OVERLAP_MS);
    expect(long.pieceToMs).toBe(long.toMs);
    const ahead = opened({ fromMs: NOW + MINUTE_MS, tipMs: NOW + MINUTE_MS });
    expect(ahead.toMs).toBe(NOW + MINUTE_MS + 1_000);
    expect(opened({ spanMs: MINUTE_MS }).pieceToMs).toBe(FROM + MINUTE_MS);
    expect(opened({ spanMs: DAY_MS }).pieceToMs).toBe(NOW);
  });
});
