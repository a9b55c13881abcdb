import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatSealKey } from "../../plugin/config/secrets/sealed.ts";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfEach, workspaceFor } from "../support/closers.ts";
import { V2 } from "../support/config_text.ts";
import { linesOf, runProgram, type Workspace } from "../support/program.ts";

const closers = closersOfEach();

/** A configuration whose only account is asked at an address where nobody listens. */
function deafAccount(workspace: Workspace, more: string): string {
  return `state_dir: ${workspace.stateDir}\n${V2.trim().replace("region: global", "base_url: https://127.0.0.1:9")}\n${more}`;
}

describe("mimecast-input with a configuration that can't be used", () => {
  it.each([
    [
      "is missing",
      "/nowhere/ca.pem",
      /"network\.ca_file", the file "\/nowhere\/ca\.pem": it does not exist/,
    ],
    ["is a folder", "/", /"network\.ca_file", the file "\/": it is a folder/],
  ])("ends with 78 where network.ca_file %s", async (_what, path, said) => {
    const workspace = workspaceFor(closers);
    workspace.config(deafAccount(workspace, `network: { ca_file: ${path} }\n`));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.config);
    expect(JSON.parse(run.stderr)).toMatchObject({ code: "pem_file" });
    expect(JSON.parse(run.stderr).msg).toMatch(said);
    expect(existsSync(workspace.stateDir)).toBe(false);
  });

  it("ends with 78 where network.ca_file holds no certificate", async () => {
    const workspace = workspaceFor(closers);
    const path = join(workspace.folder, "ca.pem");
    writeFileSync(path, "no certificate\n");
    workspace.config(deafAccount(workspace, `network: { ca_file: ${path} }\n`));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.config);
    expect(JSON.parse(run.stderr)).toMatchObject({ code: "ca" });
  });

  it("ends with 78 where no account's secret can be read, and names the variable", async () => {
    const workspace = workspaceFor(closers);
    workspace.config(deafAccount(workspace, ""));
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.config);
    const [line] = linesOf(run.stderr).map((text) => JSON.parse(text));
    expect(line).toMatchObject({ code: "secret_env", account: "acme" });
    expect(line.msg).toContain('"MIMECAST_CLIENT_SECRET" is not set');
  });

  it("masks the proxy's password in what others say", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ fail: [{ message: "it was qxsecret/xq, or qxsecret%2Fxq" }] }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => server.close());
    const workspace = workspaceFor(closers);
    const config = deafAccount(workspace, "network: { proxy: { env: PROXY } }\n");
    const { port } = server.address() as AddressInfo;
    workspace.config(config.replace("https://127.0.0.1:9", `http://127.0.0.1:${port}`));
    const PROXY = "http://me:qxsecret%2Fxq@127.0.0.1:9";
    const env = { ...workspace.env, MIMECAST_CLIENT_SECRET: "something", PROXY };
    const run = await runProgram(["poll", "--once", "--account", "acme"], env);
    expect(run.stderr).toContain("it was [secret], or [secret]");
    expect(`${run.stdout}${run.stderr}`).not.toContain("qxsecret");
  });
});

describe("mimecast-input seal", () => {
  it("takes the key from a configuration that is unfinished otherwise", async () => {
    const workspace = workspaceFor(closers);
    const key = join(workspace.folder, "seal.key");
    writeFileSync(key, `${formatSealKey(new Uint8Array(32).fill(7))}\n`, { mode: 0o600 });
    workspace.config(`accounts:\n  - name: acme\n    api: "2.0"\nseal_key: { file: ${key} }\n`);
    const run = await runProgram(["seal"], workspace.env, "correct horse\n");
    expect(run).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect(run.stdout).toMatch(/^\{ sealed: eyJ\S+ \}\n$/);
  });

  it("names a seal_key of the wrong form, and a file that is not there", async () => {
    const workspace = workspaceFor(closers);
    workspace.config("seal_key: { credential: seal }\n");
    const wrong = await runProgram(["seal"], workspace.env, "correct horse\n");
    expect(wrong.code).toBe(EXIT.config);
    expect(JSON.parse(wrong.stderr).msg).toContain('"seal_key" must be one of');
    const none = await runProgram(["seal", "--config", "/nowhere.yaml"], workspace.env, "x\n");
    expect(none.code).toBe(EXIT.config);
    expect(JSON.parse(none.stderr)).toMatchObject({ code: "config_file" });
  });
});
