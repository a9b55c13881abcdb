import { describe, expect, test } from "vitest";
import { baseUrl, REGIONS, regionHint, regionNames } from "../../plugin/client/regions.ts";

describe("baseUrl()", () => {
  test.each([
    ["1.0", "eu", "https://eu-api.mimecast.com"],
    ["1.0", "de", "https://de-api.mimecast.com"],
    ["1.0", "us", "https://us-api.mimecast.com"],
    ["1.0", "usb", "https://usb-api.mimecast.com"],
    ["1.0", "uspcom", "https://uspcom-api.mimecast-pscom-us.com"],
    ["1.0", "ca", "https://ca-api.mimecast.com"],
    ["1.0", "za", "https://za-api.mimecast.com"],
    ["1.0", "au", "https://au-api.mimecast.com"],
    ["1.0", "jer", "https://jer-api.mimecast.com"],
    ["1.0", "sandbox", "https://sandbox-api.mimecast.com"],
    ["2.0", "global", "https://api.services.mimecast.com"],
    ["2.0", "uk", "https://uk-api.services.mimecast.com"],
    ["2.0", "us", "https://us-api.services.mimecast.com"],
  ] as const)("API %s, %s", (api, region, url) => {
    expect(baseUrl(api, region)).toBe(url);
    expect(regionNames(api)).toContain(region);
  });

  test.each(["", "EU", "toString", "__proto__", "je", "global"])(
    "knows no 1.0 region %j",
    (region) => {
      expect(baseUrl("1.0", region)).toBeUndefined();
    },
  );

  test("gives https origins only", () => {
    for (const region of Object.values(REGIONS).flatMap((table) => Object.values(table))) {
      expect(new URL(region.baseUrl).origin).toBe(region.baseUrl);
      expect(region.baseUrl).toMatch(/^https:/);
    }
  });
});

describe("regionHint()", () => {
  test.each([
    ["1.0", "je", /"jer"/],
    ["1.0", "uk", /"eu"/],
    ["1.0", "global", /region of API 2\.0/],
    ["2.0", "eu", /use "global"/],
    ["2.0", "je", /use "global"/],
  ] as const)("API %s, %s", (api, region, hint) => {
    expect(regionHint(api, region)).toMatch(hint);
  });

  test.each([
    ["2.0", "uk"],
    ["1.0", "eu"],
    ["2.0", "global"],
  ] as const)("has nothing to say about a region that API %s has: %s", (api, region) => {
    expect(regionHint(api, region)).toBeUndefined();
  });

  test("has nothing to say about an unknown word", () => {
    expect(regionHint("1.0", "mars")).toBeUndefined();
    expect(regionHint("2.0", "constructor")).toBeUndefined();
  });
});
