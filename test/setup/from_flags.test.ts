import { describe, expect, it } from "vitest";
import { knownFromFlags, missingFlags, secretProblem } from "../../plugin/setup/from_flags.ts";

const CONFIG = { config: "/c" };

describe("knownFromFlags()", () => {
  it("takes keys from the environment by the names given, ids also from the command line", () => {
    const flags = { ...CONFIG, api: "2.0" as const, clientId: "id", clientSecretEnv: "S" };
    expect(knownFromFlags(flags, { S: "secret" }).keys).toEqual({
      client_id: { text: "id", env: null },
      client_secret: { text: "secret", env: "S" },
    });
  });

  it("takes feeds apart at commas and blanks, and names the nearest for a wrong one", () => {
    const known = knownFromFlags({ ...CONFIG, sources: ["siem,audit", "dlp"] }, {});
    expect(known.sources).toEqual(["siem", "audit", "dlp"]);
    expect(() => knownFromFlags({ ...CONFIG, sources: ["audits"] }, {})).toThrow(
      /did you mean "audit"/,
    );
  });

  it("never shows the value of a variable that is no key", () => {
    const env = { S: "two\nlines" };
    expect(() => knownFromFlags({ ...CONFIG, clientSecretEnv: "S" }, env)).toThrow(
      'client_secret in the environment variable "S" must be one line without control characters',
    );
  });
});

describe("missingFlags()", () => {
  it.each([
    ["1.0", ["--app-id-env", "--app-key-env", "--access-key-env", "--secret-key-env"]],
    ["2.0", ["--client-id-env", "--client-secret-env"]],
  ] as const)("asks for the keys of API %s", (api, keys) => {
    expect(missingFlags({ name: "a", api, place: { region: "us" } })).toEqual(keys);
  });
});

describe("secretProblem()", () => {
  it.each([
    ["client_secret", "", /empty/],
    ["client_secret", " x", /space/],
    ["secret_key", "not base64!", /base64/],
    ["app_key", "a\u0000b", /control/],
  ] as const)("%s %j", (key, text, problem) => {
    expect(secretProblem(key, text)).toMatch(problem);
  });

  it("finds nothing wrong with a key", () => {
    expect(secretProblem("secret_key", "c2VjcmV0")).toBeUndefined();
    expect(secretProblem("app_key", "any-thing")).toBeUndefined();
  });
});
