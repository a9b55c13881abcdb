import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OFF_BY_DEFAULT, SOURCE_NAMES } from "../../plugin/sources/names.ts";
import { sourcesFor } from "../../plugin/sources/registry.ts";
import { feedsTable, withFeedsTable } from "../../scripts/feeds_table.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const ROWS = feedsTable()
  .split("\n")
  .slice(2)
  .map((line) => line.slice(2, -2).split(/ (?<!\\)\| /));

describe("feedsTable()", () => {
  test("is what README.md holds", () => {
    expect(withFeedsTable(README, feedsTable())).toBe(README);
  });

  test("has every source of both generations once", () => {
    for (const api of ["1.0", "2.0"] as const) {
      for (const { name, endpoint } of sourcesFor(api)) {
        const found = ROWS.filter(
          ([feed, apis, at]) =>
            feed === `\`${name}\`` && apis?.includes(api) && at === `\`${endpoint}\``,
        );
        expect(found).toHaveLength(1);
      }
    }
    expect(new Set(ROWS.map(([feed]) => feed))).toEqual(
      new Set(SOURCE_NAMES["2.0"].map((name) => `\`${name}\``)),
    );
  });

  test("says what is off", () => {
    const off = ROWS.filter((row) => row.at(-1) === "off").map(([feed]) => feed);
    expect(off).toEqual(OFF_BY_DEFAULT.map((name) => `\`${name}\``));
  });

  test("has seven cells in each row, whatever a permission holds", () => {
    expect(new Set(ROWS.map((row) => row.length))).toEqual(new Set([7]));
  });
});

describe("withFeedsTable()", () => {
  test("refuses a page without marks", () => {
    expect(() => withFeedsTable("a", "b")).toThrow(/feeds:begin/);
  });
});
