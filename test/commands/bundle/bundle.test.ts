import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseTarGzip } from "nanotar";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { maskedConfig } from "../../../plugin/commands/bundle/masked_config.ts";
import { maskedLog } from "../../../plugin/commands/bundle/masked_log.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../../support/closers.ts";
import { startFake } from "../../support/fake_mimecast/fake.ts";
import { runProgram } from "../../support/program.ts";

const closers = closersOfEach();

async function unpacked(path: string): Promise<Map<string, string>> {
  const files = await parseTarGzip(readFileSync(path));
  for (const { attrs } of files) expect(attrs?.mode).toMatch(/600$/);
  return new Map(files.map(({ name, text }) => [name.replace("mimecast-input-bundle/", ""), text]));
}

const PROXY_PASSWORD = "marked-proxy-password";
const ENV_SECRET = "marked-environment-secret";
const FILE_SECRET = "marked-secret-of-a-file";

describe("mimecast-input bundle", () => {
  it("packs logs, configuration, status and checkpoints, and none of the secrets", async () => {
    const one = await startFake({ api: "1.0", records: { siem: 20, audit: 5 } });
    const two = await startFake({ api: "2.0", records: { siem: 20, audit: 5 } });
    closers.push(
      () => one.close(),
      () => two.close(),
    );
    const workspace = workspaceFor(closers);
    const { credentials: v1 } = one;
    const { credentials: v2 } = two;
    writeFileSync(join(workspace.folder, "secret"), v2.clientSecret, { mode: 0o600 });
    writeFileSync(join(workspace.folder, "other"), FILE_SECRET, { mode: 0o600 });
    const text = `# a comment with ${ENV_SECRET}
state_dir: ${workspace.stateDir}
accounts:
  - { name: eins, api: "1.0", base_url: "${one.url}", app_id: "${v1.appId}", app_key: "${v1.appKey}", access_key: { env: MC_ACCESS }, secret_key: "${v1.secretKey}" }
  - { name: zwei, api: "2.0", base_url: "${two.url}", client_id: "${v2.clientId}", client_secret: { file: "${workspace.folder}/secret" } }
  - { name: drei, api: "2.0", base_url: "${two.url}", client_id: x, client_secret: { file: "${workspace.folder}/other" } }
  - { name: vier, api: "2.0", base_url: "${two.url}", client_id: x, client_secret: { env: MC_FOUR } }
network: { proxy: "http://user:${PROXY_PASSWORD}@127.0.0.1:3128" }
log: { level: debug }
`;
    workspace.config(text);
    const env = { ...workspace.env, MC_ACCESS: v1.accessKey, MC_FOUR: ENV_SECRET };
    await runProgram(["poll", "--once"], env);
    // An older version, or an operator, may have left one in a log.
    const log = join(workspace.stateDir, ".log");
    writeFileSync(
      join(log, "mimecast-input.jsonl.1"),
      `{"msg":"old ${ENV_SECRET}"}\ntorn ${FILE_SECRET}`,
    );

    const path = join(workspace.folder, "case.tar.gz");
    const run = await runProgram(["bundle", "-o", path], env);
    expect(run.code).toBe(0);
    expect(run.stdout).toBe(`${path}\n`);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    const files = await unpacked(path);
    expect([...files.keys()].sort()).toEqual(
      expect.arrayContaining([
        "README.txt",
        "checkpoints/eins.json",
        "checkpoints/zwei.json",
        "config.yaml",
        "files.json",
        "logs/mimecast-input.jsonl",
        "logs/mimecast-input.jsonl.1",
        "status.json",
        "status.txt",
        "versions.json",
      ]),
    );
    const secrets = [
      v1.appKey,
      v1.accessKey,
      v1.secretKey,
      v2.clientSecret,
      PROXY_PASSWORD,
      ENV_SECRET,
      FILE_SECRET,
    ];
    for (const [name, content] of files) {
      for (const secret of secrets) {
        for (const form of [
          secret,
          Buffer.from(secret).toString("base64"),
          encodeURIComponent(secret),
        ]) {
          expect(content.includes(form), `${form} in ${name}`).toBe(false);
        }
      }
      expect(content).not.toMatch(/X-Amz-Signature=(?!\[secret\])/);
    }
    expect(files.get("config.yaml")).toContain("env: MC_ACCESS");
    expect(files.get("config.yaml")).not.toContain("#");
    expect(files.get("logs/mimecast-input.jsonl")).toContain("Source collected");
    expect(files.get("checkpoints/zwei.json")).toMatch(/"cursor": "[0-9a-f]{12}"/);
    expect(files.get("files.json")).toContain("token.jwe");
    expect(JSON.parse(files.get("versions.json") ?? "").variablesSet).toContain(
      "MIMECAST_INPUT_CONFIG",
    );
  });

  it("never replaces a file", async () => {
    const workspace = workspaceFor(closers);
    const path = join(workspace.folder, "there");
    writeFileSync(path, "mine");
    workspace.config(
      `state_dir: ${workspace.stateDir}\naccounts: [{ name: a, api: "2.0", region: uk, client_id: x, client_secret: { env: NOT_SET } }]\n`,
    );
    const run = await runProgram(["bundle", "-o", path], workspace.env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("it exists already");
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it("of a configuration that can't be read holds its problems, not its text", async () => {
    const workspace = workspaceFor(closers);
    workspace.config(`acounts: []\nclient_secret: ${ENV_SECRET}\n`);
    const path = join(workspace.folder, "case.tar.gz");
    const run = await runProgram(["bundle", "-o", path], workspace.env);
    expect(run.code).toBe(0);
    const files = await unpacked(path);
    expect([...files.keys()]).toEqual(["README.txt", "versions.json", "config_problems.txt"]);
    expect(files.get("config_problems.txt")).toContain("acounts");
    expect([...files.values()].join()).not.toContain(ENV_SECRET);
  });

  it("of a broken checkpoint holds the reason, and all the rest", async () => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
    const { clientId, clientSecret } = fake.credentials;
    workspace.config(
      `state_dir: ${workspace.stateDir}\naccounts: [{ name: a, api: "2.0", base_url: "${fake.url}", client_id: "${clientId}", client_secret: "${clientSecret}" }]\n`,
    );
    await runProgram(["poll", "--once"], workspace.env);
    writeFileSync(join(workspace.stateDir, "a", "checkpoint"), "broken");
    const run = await runProgram(["bundle"], { ...workspace.env }, "");
    expect(run.code).toBe(0);
    const files = await unpacked(run.stdout.trim());
    closers.push(() => import("node:fs").then(({ rmSync }) => rmSync(run.stdout.trim())));
    expect(files.get("checkpoints/a.problem.txt")).toContain("not a checkpoint header");
    expect(files.get("status.txt")).toContain("not a checkpoint header");
    expect(files.has("logs/mimecast-input.jsonl")).toBe(true);
  });
});

describe("maskedConfig()", () => {
  it("masks every position of a secret, whatever its form", () => {
    const text = `accounts:
  - { name: a, client_id: i, client_secret: s, app_key: { sealed: eyJx.y }, access_key: { env: E }, secret_key: [x] }
network: { proxy: { file: /p }, timeout_secs: 3 }
output: { http: { url: "https://h", auth: { basic: { user: u, password: pw }, bearer: b } } }
seal_key: { env: K }
`;
    const masked = maskedConfig(text);
    expect(masked).toBe(`accounts:
  - name: a
    client_id: "[secret]"
    client_secret: "[secret]"
    app_key:
      sealed: "[secret]"
    access_key:
      env: E
    secret_key:
      "0": "[secret]"
network:
  proxy:
    file: /p
  timeout_secs: 3
output:
  http:
    url: https://h
    auth:
      basic:
        user: u
        password: "[secret]"
      bearer: "[secret]"
seal_key:
  env: K
`);
  });
});

describe("maskedConfig() and URLs", () => {
  it.each([
    ["https://h/in", "https://h/in"],
    ["https://h:1/in?key=abc&x=y%3D&z", "https://h:1/in?key=[secret]&x=[secret]&[secret]"],
    ["https://h?abc#def", "https://h?[secret]#[secret]"],
    ["http://user:p@ss@h/in", "http://[secret]@h/in"],
    ["not a URL?x=y", "not a URL?x=y"],
  ])("%s: %s", (url, shown) => {
    const text = `output: { http: { url: ${JSON.stringify(url)} } }\n`;
    expect(parse(maskedConfig(text))).toEqual({ output: { http: { url: shown } } });
  });
});

describe("maskedLog()", () => {
  it("masks again, and keeps a torn line", () => {
    const text = `{"msg":"a marked-secret","n":1}\n{"msg":"torn marked-secret`;
    expect(maskedLog(text, ["marked-secret"])).toBe(
      `{"msg":"a [secret]","n":1}\n{"msg":"torn [secret]\n`,
    );
  });
});
