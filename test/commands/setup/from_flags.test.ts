import { describe, expect, it } from "vitest";
import { flagProblems } from "../../../plugin/commands/setup/flag_problems.ts";
import { knownFromFlags, missingFlags } from "../../../plugin/commands/setup/from_flags.ts";
import { secretProblem } from "../../../plugin/commands/setup/secret_problem.ts";

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
      '--client-secret-env: the environment variable "S" must be one line without control characters',
    );
  });
});

describe("flagProblems()", () => {
  const base = { ...CONFIG, name: "acme", api: "2.0" as const, region: "uk" };

  it.each([
    [
      { name: "Acme!" },
      '--name must be 1 to 63 characters of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit: current value is "Acme!"',
    ],
    [
      { region: "eu" },
      '--region must be one of global, uk, us with --api 2.0: current value is "eu": "eu" is a region of API 1.0; with API 2.0 use "global"',
    ],
    [
      { region: "globl" },
      '--region must be one of global, uk, us with --api 2.0: current value is "globl": did you mean "global"?',
    ],
    [
      { region: undefined, baseUrl: "http://x.y" },
      '--base-url must be https (http is allowed on a loopback address only): current value is "http://x.y"',
    ],
    [{ appId: "x" }, '--app-id is for API 1.0: --api is "2.0"'],
    [{ secretKeyEnv: "K" }, '--secret-key-env is for API 1.0: --api is "2.0"'],
    [{ clientId: "x", clientIdEnv: "S" }, "--client-id and --client-id-env must not be given both"],
    [{ clientId: " x" }, "--client-id must not begin or end with a space"],
    [
      { clientSecretEnv: "NOT_SET" },
      '--client-secret-env: the environment variable "NOT_SET" is not set',
    ],
    [
      { api: "1.0" as const, region: "us", sources: ["cloud_integrated"] },
      /^--sources must be made of siem, /,
    ],
  ] as const)("%j", (flags, wanted) => {
    const { region, ...rest } = { ...base, ...flags } as typeof base & { region?: string };
    const problems = flagProblems(
      { ...rest, ...(region === undefined ? {} : { region }) } as never,
      { S: "s" },
    );
    expect(problems).toHaveLength(1);
    if (wanted instanceof RegExp) expect(problems[0]).toMatch(wanted);
    else expect(problems[0]).toBe(wanted);
  });

  it("names everything at once, the name before the keys", () => {
    const flags = { ...base, name: "A", clientSecretEnv: "NOT_SET" };
    expect(flagProblems(flags, {}).map((text) => text.split(/[ :]/)[0])).toEqual([
      "--name",
      "--client-secret-env",
    ]);
  });

  it("leaves the region to the questions where the API is not known yet", () => {
    expect(flagProblems({ ...CONFIG, region: "eu" }, {})).toEqual([]);
    expect(flagProblems({ ...CONFIG, region: "xx" }, {})[0]).toMatch(/^--region must be one of/);
  });
});

describe("missingFlags()", () => {
  it.each([
    ["1.0", ["--app-id or --app-id-env", "--app-key-env", "--access-key-env", "--secret-key-env"]],
    ["2.0", ["--client-id or --client-id-env", "--client-secret-env"]],
  ] as const)("asks for the keys of API %s", (api, keys) => {
    expect(missingFlags({ name: "a", api, location: { region: "us" } })).toEqual(keys);
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
