import { describe, expect, test } from "vitest";
import { findSealKey } from "../../plugin/config/seal_key.ts";
import { ConfigError } from "../../plugin/errors.ts";

describe("findSealKey()", () => {
  test.each([
    ["seal_key: { file: /etc/seal.key }", { file: "/etc/seal.key" }],
    ["accounts: [{ name: acme, client_secret: }]\nseal_key: { env: K }\nother: 1", { env: "K" }],
    ["accounts: []", null],
    ["", null],
    ["- a", null],
    ["text", null],
  ])("finds in %j: %j", (text, ref) => {
    expect(findSealKey(text, "c.yaml")).toEqual(ref);
  });

  test.each([
    ["seal_key: SECRETVALUE", '"seal_key" must be one of { file: … }, { env: … }'],
    ["seal_key: { file: key }", '"seal_key.file" must be an absolute path'],
    ["seal_key: { credential: x }", '"seal_key" must be one of { file: … }, { env: … }'],
    ["a: [", "line 1: the indentation does not fit the lines above, or a bracket is not closed"],
  ])("refuses %j", (text, sentence) => {
    expect(() => findSealKey(text, "c.yaml")).toThrow(
      new ConfigError(`Cannot read config "c.yaml": ${sentence}`, {
        code: "config",
        problems: [sentence],
      }),
    );
  });
});
