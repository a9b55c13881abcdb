import { expect, test } from "vitest";
import { defaultSources, OFF_BY_DEFAULT, SOURCE_NAMES } from "../../plugin/sources/names.ts";

test("defaultSources() leaves out what is off by default and nothing else", () => {
  for (const api of ["1.0", "2.0"] as const) {
    const left = SOURCE_NAMES[api].filter((name) => !defaultSources(api).includes(name));
    expect(left).toEqual(OFF_BY_DEFAULT.filter((name) => SOURCE_NAMES[api].includes(name)));
    expect(new Set(SOURCE_NAMES[api]).size).toBe(SOURCE_NAMES[api].length);
  }
  expect(SOURCE_NAMES["1.0"]).not.toContain("cloud_integrated");
  expect(defaultSources("2.0")).not.toContain("cloud_integrated");
  expect(defaultSources("2.0")).not.toContain("threat_intel");
});
