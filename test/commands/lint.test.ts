import { afterEach, describe, expect, it } from "vitest";
import { createWorkspace, runProgram, type Workspace } from "../support/program.ts";

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
