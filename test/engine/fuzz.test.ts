import { describe, expect, it } from "vitest";
import { fuzz } from "../support/fuzz.ts";

describe("mutated records", () => {
  it.each([1, 2, 3])("seed %i: 1,500 runs give valid lines and nothing else", (seed) => {
    const report = fuzz(1500, seed);
    expect(report.runs).toBe(1500);
    // The mutations must reach both sides: records that are still read, and records that are not.
    expect(report.malformed).toBeGreaterThan(500);
    expect(report.records - report.malformed).toBeGreaterThan(1000);
    expect(report.filtered).toBeGreaterThan(300);
  });
});
