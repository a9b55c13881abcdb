import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { runProgram } from "../support/program.ts";

const closers = closersOfEach();

describe("the log of poll", () => {
  it.each([
    ["on by default", "", true],
    ["off", "log: { file: false }\n", false],
  ])("is kept in the state directory: %s", async (_, more, there) => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
    fake.set({ auth: "signature" });
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.stderr).toContain("client_secret");
    expect(readdirSync(workspace.stateDir).includes(".log")).toBe(there);
    if (!there) return;
    const kept = readFileSync(join(workspace.stateDir, ".log", "mimecast-input.jsonl"), "utf8");
    expect(kept).toBe(run.stderr);
  });

  it("that can't be written is no reason to stop", async () => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }));
    mkdirSync(workspace.stateDir);
    writeFileSync(join(workspace.stateDir, ".log"), "in the way");
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    expect(run.stdout.split("\n").filter((line) => line.includes("cat=audit"))).toHaveLength(3);
    expect(run.stderr).toContain("Cannot keep the log in a file");
  });
});
