import { describe, expect, test } from "vitest";
import { parse, problems, V2 } from "../support/config_text.ts";

describe("parseConfig() on secrets", () => {
  const withSecret = (form: string) => V2.replace("{ env: MIMECAST_CLIENT_SECRET }", form);

  test.each([
    [
      "an unknown form",
      "{ evn: SECRETVALUE }",
      'must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }: did you mean "env"?',
    ],
    [
      "two forms",
      "{ env: SECRETVALUE, file: /x }",
      "must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }, and exactly one",
    ],
    ["a number", "123456", "must be text: put it in quotes"],
    [
      "nothing",
      "",
      "is empty: it must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }",
    ],
    ["an empty text", '""', "must not be empty"],
    [
      "a list",
      "[SECRETVALUE]",
      "must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }",
    ],
  ])("refuses %s without quoting it", (_name, form, sentence) => {
    const found = problems(withSecret(form));
    expect(found).toEqual([`line 7: "accounts[0].client_secret" ${sentence}`]);
  });

  test.each([
    ["env", "SECRET VALUE", "the name of an environment variable"],
    ["file", "secret/value", "an absolute path"],
    ["credential", "../secret", "the name of a systemd credential"],
    ["sealed", "SECRETVALUE", 'the output of the "seal" command'],
  ])("refuses a wrong %s", (key, value, wanted) => {
    const text = `${withSecret(`{ ${key}: "${value}" }`)}seal_key: { file: /etc/seal.key }`;
    expect(problems(text)).toEqual([
      `line 7: "accounts[0].client_secret.${key}" must be ${wanted}`,
    ]);
  });

  test("wants plain text in a file of its owner only", () => {
    const text = withSecret("correct-horse");
    expect(problems(text, { mode: 0o644, fileName: "/etc/it's.yaml" })).toEqual([
      `line 7: "accounts[0].client_secret" in plain text: the file must be readable by its owner only: current mode is 0644: run chmod 600 '/etc/it'\\''s.yaml', or use { env: … }, { file: … }, { credential: … } or { sealed: … }`,
    ]);
    for (const mode of [0o600, 0o400, null]) {
      expect(parse(text, { mode }).accounts).toHaveLength(1);
    }
    expect(parse(V2, { mode: 0o644 }).accounts, "a client id alone is no secret").toHaveLength(1);
  });

  test("wants a proxy with a password in a file of its owner only", () => {
    const proxy = (url: string) => `${V2}network: { proxy: "${url}" }`;
    expect(problems(proxy("http://me:pw@proxy.example.com"), { mode: 0o640 })[0]).toMatch(
      /^line 8: "network\.proxy" in plain text/,
    );
    expect(parse(proxy("http://proxy.example.com"), { mode: 0o644 }).network.proxy).not.toBeNull();
  });

  test("wants a seal key for a sealed secret", () => {
    const sealed = withSecret("{ sealed: eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc }");
    expect(problems(sealed)).toEqual([
      'line 7: "accounts[0].client_secret" is sealed and "seal_key" is missing: say where the key is',
    ]);
    expect(parse(`${sealed}seal_key: { env: MC_SEAL_KEY }`).sealKey).toEqual({
      env: "MC_SEAL_KEY",
    });
    expect(problems(`${sealed}seal_key: plain`)).toEqual([
      'line 8: "seal_key" must be one of { file: … }, { env: … }',
    ]);
  });

  test("says that a sealed text needs its key word", () => {
    const text = withSecret("eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc");
    expect(problems(text)).toEqual([
      'line 7: "accounts[0].client_secret" looks sealed: write { sealed: … } around it',
    ]);
  });

  test("does not quote a base_url that may hold a password", () => {
    const text = V2.replace("region: global", "base_url: https://me:SECRETVALUE@api.example.com");
    expect(problems(text)).toEqual([
      'line 5: "accounts[0].base_url" must not hold a user name or password',
    ]);
  });

  test.each([
    ["an alias", "*SECRETVALUE"],
    ["a tag", "!SECRETVALUE x"],
    ["an open quote", '"SECRETVALUE'],
    ["a reserved character", "@SECRETVALUE"],
    ["a directive", "%SECRETVALUE"],
    ["a bad escape", '"\\SECRETVALUE"'],
    ["a nested mapping", "SECRETVALUE: x: y"],
    ["a flow mapping", "{ SECRETVALUE }"],
    ["a block mapping", "\n      SECRETVALUE: 1"],
    ["a bracket", "SECRETVALUE]\n  ]"],
  ])("does not quote what YAML takes for %s", (_name, form) => {
    expect(problems(withSecret(form)).join("\n")).not.toContain("SECRETVALUE");
  });

  test("does not quote a key that lacks its space", () => {
    for (const text of [
      V2.replace("client_secret: { env: MIMECAST_CLIENT_SECRET }", "client_secret:SECRETVALUE"),
      "accounts: [client_secret:SECRETVALUE]",
      "accounts: [{ client_secret:SECRETVALUE }]",
    ]) {
      expect(problems(text).join("\n")).not.toContain("SECRETVALUE");
    }
  });
});
