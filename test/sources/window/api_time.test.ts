import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiTime, parseApiTime, wholeSecond } from "../../../plugin/sources/window/api_time.ts";

describe("parseApiTime()", () => {
  test.each([
    ["2021-11-16T12:03:24+0000", "2021-11-16T12:03:24.000Z"],
    ["2021-11-16T12:03:24Z", "2021-11-16T12:03:24.000Z"],
    ["2021-11-16T12:03:24", "2021-11-16T12:03:24.000Z"],
    ["2022-06-08T13:02:06-0400", "2022-06-08T17:02:06.000Z"],
    ["2021-10-18T09:02:43+01:00", "2021-10-18T08:02:43.000Z"],
    ["2022-05-31T9:05:31+0000", "2022-05-31T09:05:31.000Z"],
    ["2024-06-05T11:50:06.389Z", "2024-06-05T11:50:06.389Z"],
    ["2024-06-05T11:50:06.5+0530", "2024-06-05T06:20:06.500Z"],
  ])("%s is %s", (text, wanted) => {
    expect(new Date(parseApiTime(text) ?? 0).toISOString()).toBe(wanted);
  });

  test.each([
    "",
    "yesterday",
    "2021-13-01T00:00:00Z",
    "2021-11-16",
    "2021-11-16T25:00:00Z",
    null,
    5,
  ])("%j is no time", (text) => {
    expect(parseApiTime(text)).toBeNull();
  });

  test("reads what apiTime writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (timeMs) => {
        expect(parseApiTime(apiTime(timeMs))).toBe(wholeSecond(timeMs));
      }),
    );
  });
});
