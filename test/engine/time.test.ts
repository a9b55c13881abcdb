import { describe, expect, it } from "vitest";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

describe("devTime", () => {
  const time = (record: object) => {
    const { attributes, timeMs } = parseLeef(lineOf({ type: "av", ...record }));
    return [attributes.get("devTime"), attributes.get("timeMissing"), timeMs];
  };

  it.each([
    [{ timestamp: 1767225600123 }, 1767225600123],
    [{ timestamp: "1767225600123" }, 1767225600123],
    [{ timestamp: 1767225600 }, 1767225600000],
    [{ datetime: "2026-01-01T01:00:00+0100" }, 1767225600000],
    [{ datetime: "2025-12-31T19:00:00-05:00" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00:00Z" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00:00.5Z" }, 1767225600500],
    [{ datetime: "2026-01-01T00:00:00.123456Z" }, 1767225600123],
    [{ datetime: "2026-01-01 00:00:00" }, 1767225600000],
    [{ datetime: "2026-1-1T0:00:00+0000" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00Z" }, 1767225600000],
    [{ datetime: "2024-02-29T23:59:59+0000" }, 1709251199000],
    [{ datetime: "2100-03-01T00:00:00+0000" }, 4107542400000],
    [{ timestamp: "1e67225600000", datetime: "2026-01-01T00:00:00Z" }, 1767225600000],
    [{ timestamp: "soon", datetime: "2026-01-01T00:00:00Z" }, 1767225600000],
  ])("of %j", (record, expected) => {
    expect(time(record)).toEqual([String(expected), undefined, expected]);
  });

  it.each([
    {},
    { timestamp: "" },
    { timestamp: -1 },
    { timestamp: "1.5e12" },
    { timestamp: 99999999999999 },
    { timestamp: 5 },
    { datetime: "yesterday" },
    { datetime: "2026-13-01T00:00:00Z" },
    { datetime: "2026-01-32T00:00:00Z" },
    { datetime: "2026-01-01T24:00:00Z" },
    { datetime: "2026-01-01T00:60:00Z" },
    { datetime: "2026-01-01T00:00:00 BST" },
    { datetime: "2026-01-01T00:00:00.Z" },
    { datetime: "2026-01-01T00:00:00+01" },
    { datetime: "0000-01-01T00:00:00Z" },
    { datetime: "1999-01-01T00:00:00Z" },
    { datetime: ["2026-01-01T00:00:00Z"] },
  ])("of %j is the fixed time, and the line says so", (record) => {
    expect(time(record)).toEqual(["1000000000000", "1", 1000000000000]);
  });

  it("agrees with Date over four centuries of days", () => {
    for (let day = 12_000; day < 60_000; day += 37) {
      const ms = day * 86_400_000 + (day % 86_400) * 1000 + (day % 1000);
      expect(time({ timestamp: ms })[2]).toBe(ms);
      const text = new Date(ms).toISOString();
      expect(time({ datetime: text })[2]).toBe(ms);
    }
  });
});
