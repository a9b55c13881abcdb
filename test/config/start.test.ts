import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStart, startMs } from "../../plugin/config/start.ts";

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

describe("parseStart()", () => {
  test.each([
    ["now", NOW],
    ["0d", NOW],
    ["7d", Date.UTC(2026, 0, 24, 12)],
    ["12h", Date.UTC(2026, 0, 31, 0)],
    ["2026-01-30", Date.UTC(2026, 0, 30)],
    ["2026-01-30T08:00Z", Date.UTC(2026, 0, 30, 8)],
    ["2026-01-30T08:00:01Z", Date.UTC(2026, 0, 30, 8, 0, 1)],
    ["2026-01-30T08:00:00.5+02:00", Date.UTC(2026, 0, 30, 6, 0, 0, 500)],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["2030-01-01", NOW],
  ])("reads %s", (text, ms) => {
    expect(startMs(parseStart(text)!, NOW)).toBe(ms);
  });

  test.each([
    "",
    "7",
    "7 d",
    "-7d",
    "7w",
    "12345d",
    "Now",
    "2026-02-30",
    "2025-02-29",
    "2026-13-01",
    "2026-01-30T25:00Z",
    "2026-01-30T08:00",
    "2026-01-30 08:00Z",
    "30.01.2026",
    "1769860800",
  ])("refuses %j", (text) => {
    expect(parseStart(text)).toBeUndefined();
  });

  test("is never later than now", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
        (date) => {
          const start = parseStart(date.toISOString())!;
          expect(startMs(start, NOW)).toBe(Math.min(date.getTime(), NOW));
        },
      ),
    );
  });
});
