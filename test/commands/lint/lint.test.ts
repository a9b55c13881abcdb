import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createWorkspace, runProgram, type Workspace } from "../../support/program.ts";

const BAD = "test/fixtures/shipper_configs/bad/fluent_bit_storage_memory.yaml";

const workspaces: Workspace[] = [];
afterEach(() => {
  for (const workspace of workspaces.splice(0)) workspace.remove();
});

function workspaceOf(output: string | null): Workspace {
  const workspace = createWorkspace();
  workspaces.push(workspace);
  if (output !== null) {
    workspace.config(
      `accounts: [{ name: a, api: "2.0", region: uk, client_id: x, client_secret: { env: NOT_SET } }]\noutput: ${output}\n`,
    );
  }
  return workspace;
}

describe("mimecast-input lint", () => {
  it("prints file, line, effect, reason, rule and remedy, and ends with 1", async () => {
    const run = await runProgram(["lint", BAD], workspaceOf("{}").env);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(
      /^\S+fluent_bit_storage_memory\.yaml:13: loses: storage\.type is "memory": .* \[storage\.type\]\n {4}storage\.type: filesystem\n$/,
    );
  });

  it("--json is one object with the same", async () => {
    const run = await runProgram(["lint", "--json", BAD], workspaceOf("{}").env);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      file: BAD,
      shipper: "fluent-bit yaml",
      findings: [{ rule: "storage.type", line: 13, effect: "loses" }],
    });
  });

  it("takes the line length from the configuration", async () => {
    const example = "config-examples/fluent-bit/fluent-bit.yaml";
    const leef = await runProgram(["lint", example], workspaceOf("{}").env);
    expect(leef).toMatchObject({ code: 0, stderr: "" });
    const json = await runProgram(["lint", example], workspaceOf("{ format: json }").env);
    expect(json.code).toBe(1);
    expect(json.stdout).toContain("[buf_size]");
  });

  it("names a configuration that was asked for and is not there", async () => {
    const { env, folder } = workspaceOf(null);
    const run = await runProgram(["lint", BAD, "-c", `${folder}/none.yaml`], env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("none.yaml");
  });

  it("judges our own configuration under the shipper of the file", async () => {
    const workspace = workspaceOf("{}");
    const path = join(workspace.folder, "vector.toml");
    const example = readFileSync("config-examples/vector/vector.toml", "utf8");
    writeFileSync(path, example.replaceAll("qradar.example.com", "qradar.internal"));
    const without = await runProgram(["lint", path], workspace.env);
    expect(without.code).toBe(1);
    expect(without.stdout).toMatch(
      /config\.yaml:1: loses: poll\.lag_bytes is 1048576: .*\n {4}shipper: vector/,
    );
    const config = readFileSync(join(workspace.folder, "config.yaml"), "utf8");
    workspace.config(`${config}shipper: vector\n`);
    const run = await runProgram(["lint", path], workspace.env);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const snippet = await runProgram(["snippet"], workspace.env);
    expect(snippet).toMatchObject({ code: 0, stderr: "" });
    expect(snippet.stdout).toContain("[sources.mimecast]");
  });

  it("snippet wants a shipper, of the command line or the configuration", async () => {
    const run = await runProgram(["snippet"], workspaceOf("{}").env);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain("one of fluent-bit, vector, syslog-ng");
  });

  it("names a file that can't be read, and one that is no shipper's", async () => {
    const { env } = workspaceOf("{}");
    const none = await runProgram(["lint", "/nowhere/x.yaml"], env);
    expect(none.code).toBe(78);
    expect(none.stderr).toContain('Cannot lint \\"/nowhere/x.yaml\\": it does not exist');
    const other = await runProgram(["lint", "package.json"], env);
    expect(other.code).toBe(78);
    expect(other.stderr).toContain("lint_unknown");
  });
});
