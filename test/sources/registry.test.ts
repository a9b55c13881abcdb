import { describe, expect, test } from "vitest";
import { callKind } from "../../plugin/client/budget/rate_limit.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { SOURCE_NAMES } from "../../plugin/sources/names.ts";
import { sourceNamed, sourcesFor, sourcesOfAllModes } from "../../plugin/sources/registry.ts";

describe.each(["1.0", "2.0"] as const)("the sources of API %s", (api) => {
  test("are the ones that the configuration knows, in its order", () => {
    expect(sourcesFor(api).map(({ name }) => name)).toEqual(SOURCE_NAMES[api]);
    for (const name of SOURCE_NAMES[api])
      expect(sourceNamed(api, name)).toMatchObject({ name, api });
  });

  test("have streams that no other has, each with a small plain start", () => {
    const streams = sourcesFor(api).flatMap((source) => source.streams);
    expect(new Set(streams).size).toBe(streams.length);
    const nowMs = Date.UTC(2026, 2, 1);
    for (const source of sourcesFor(api)) {
      for (const stream of source.streams) {
        const cursor = source.start(stream, nowMs - 86_400_000, nowMs);
        expect(JSON.parse(JSON.stringify(cursor))).toEqual(cursor);
      }
    }
  });

  test("say what a person needs to allow them", () => {
    for (const { endpoint, permission, product } of sourcesFor(api)) {
      expect(endpoint).toMatch(/^(GET|POST) \/[a-z0-9/-]+$/);
      expect(permission).toContain("| Read");
      expect(typeof product).toBe(api === "2.0" ? "string" : "undefined");
    }
  });
});

test("every source says which limit its calls count against", () => {
  const all = [...sourcesOfAllModes("1.0"), ...sourcesOfAllModes("2.0")];
  for (const source of all) {
    expect(source.callKind).toBe(callKind(source.endpoint.split(" ")[1] as string));
  }
});

describe("sourcesOfAllModes()", () => {
  test("has every stream that a checkpoint may hold, also that of the other mode", () => {
    const streams = (api: "1.0" | "2.0") => sourcesOfAllModes(api).flatMap((each) => each.streams);
    for (const api of ["1.0", "2.0"] as const) {
      expect(streams(api)).toEqual(
        expect.arrayContaining(sourcesFor(api).flatMap((each) => [...each.streams])),
      );
    }
    expect([streams("1.0"), streams("2.0")].map((each) => each.includes("siem:stream"))).toEqual([
      false,
      true,
    ]);
  });
});

describe("sourceNamed()", () => {
  test.each([
    ["2.0", "siem", "stream", ["siem:stream"]],
    ["2.0", "audit", "stream", ["audit"]],
    ["1.0", "siem", "stream", ["siem"]],
  ] as const)("API %s, %s in mode %s has %j", (api, name, mode, streams) => {
    expect(sourceNamed(api, name, mode).streams).toEqual(streams);
    expect(sourceNamed(api, name).streams).not.toEqual(["siem:stream"]);
  });

  test.each([
    ["adit", 'Did you mean "audit"?'],
    ["something else", expect.stringContaining("Known sources: siem, audit")],
  ])("proposes what %j may stand for", (name, hint) => {
    expect(() => sourceNamed("1.0", name)).toThrow(
      expect.objectContaining({ code: "unknown_source", hint }),
    );
  });

  test("an unknown name is a ConfigError", () => {
    expect(() => sourceNamed("1.0", "cloud_integrated")).toThrow(ConfigError);
  });
});
