import { describe, expect, it } from "vitest";
import { type Sample, trendsOf, trendTable } from "../../scripts/soak/trend.ts";

function samples(figures: (minute: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 40 }, (_, index) => ({
    minute: index + 1,
    memoryMb: 100,
    descriptors: 20,
    cpuSecs: 10,
    stateBytes: 50_000,
    records: 6_600 * (index + 1),
    ...figures(index + 1),
  }));
}

function rising(all: readonly Sample[]): string[] {
  return trendsOf(all)
    .filter(({ isRising }) => isRising)
    .map(({ figure }) => figure);
}

describe("the trend of a long run", () => {
  it("is flat where figures only vary, and where they grow while the program warms up", () => {
    const warm = samples((minute) => ({
      memoryMb: minute < 20 ? 60 + minute * 2 : 100 + (minute % 5),
      cpuSecs: 10 + (minute % 3),
    }));
    expect(rising(warm)).toEqual([]);
  });

  it("shows each figure that goes on growing", () => {
    expect(rising(samples((minute) => ({ memoryMb: 100 + minute * 4 })))).toEqual(["memoryMb"]);
    expect(rising(samples((minute) => ({ descriptors: 20 + minute })))).toEqual(["descriptors"]);
    expect(rising(samples((minute) => ({ cpuSecs: 10 + minute })))).toEqual(["cpuSecs"]);
    expect(rising(samples((minute) => ({ stateBytes: minute * 50_000 })))).toEqual(["stateBytes"]);
  });

  it("says nothing of a run that is too short to tell", () => {
    expect(trendsOf(samples(() => ({})).slice(0, 3))).toEqual([]);
  });

  it("is printed as a table", () => {
    const table = trendTable(trendsOf(samples((minute) => ({ memoryMb: 100 + minute * 4 }))));
    expect(table).toContain("| memoryMb | 204.0 | 244.0 | rising |");
    expect(table).toContain("| descriptors | 20.0 | 20.0 | flat |");
  });
});
