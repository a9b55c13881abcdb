import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { finished, PROGRAM, until } from "../support/program.ts";
import { hasShipper, mustHave, startShipper } from "../support/shippers.ts";

/** syslog-ng's program() and Vector's include_stderr = false give us /dev/null as standard error. */

const closers = closersOfEach();

/** The program with /dev/null as standard error. */
async function pollUnread(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
  return (await finished(spawn(process.execPath, [PROGRAM, ...args], { env, stdio }))).code;
}

function logPath(stateDir: string): string {
  return join(stateDir, ".log", "mimecast-input.jsonl");
}

function kept(stateDir: string): Record<string, unknown>[] {
  const text = readFileSync(logPath(stateDir), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const BROKEN = "accounts:\n  - { name: acme, api: '9' }\n";

describe("poll whose standard error is /dev/null", () => {
  it("keeps what is wrong with the configuration in its state_dir", async () => {
    const workspace = workspaceFor(closers);
    workspace.config(`${BROKEN}state_dir: ${workspace.stateDir}\n`);
    expect(await pollUnread(["poll", "--once"], workspace.env)).toBe(78);
    const [line] = kept(workspace.stateDir);
    expect(line).toMatchObject({ level: "error", code: "config" });
    expect(line?.msg).toContain("accounts[0].api");
  });

  it("keeps in systemd's state directory that there is no configuration", async () => {
    const { env, stateDir } = workspaceFor(closers);
    const all = { ...env, STATE_DIRECTORY: stateDir, MIMECAST_INPUT_CONFIG: "/nowhere.yaml" };
    expect(await pollUnread(["poll", "--once"], all)).toBe(78);
    expect(kept(stateDir)).toMatchObject([{ level: "error", code: "config_file" }]);
  });

  it("keeps that the command line is wrong", async () => {
    const { env, stateDir } = workspaceFor(closers);
    const all = { ...env, STATE_DIRECTORY: stateDir };
    expect(await pollUnread(["poll", "--onse"], all)).toBe(64);
    expect(kept(stateDir)).toMatchObject([{ level: "error", argv: ["poll", "--onse"] }]);
  });

  it("keeps a refused account even where log.file is off", async () => {
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
    fake.set({ auth: "signature" });
    const more = "log: { file: false }\n";
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));
    expect(await pollUnread(["poll", "--once"], workspace.env)).toBe(77);
    const said = kept(workspace.stateDir).filter(({ level }) => level === "error");
    expect(said.length).toBeGreaterThan(0);
  });

  it("tells logger(1) where no state directory can be made", async () => {
    const workspace = workspaceFor(closers);
    const bin = join(workspace.folder, "more-bin");
    mkdirSync(bin);
    const heard = join(workspace.folder, "heard");
    writeFileSync(join(bin, "logger"), `#!/bin/sh\n{ echo "$@"; cat; } >> ${heard}\n`);
    chmodSync(join(bin, "logger"), 0o755);
    const env = { ...workspace.env, PATH: `${bin}:${workspace.env.PATH}` };
    const state = { STATE_DIRECTORY: "/dev/null/state" };
    workspace.config(`${BROKEN}state_dir: /dev/null/state\n`);
    expect(await pollUnread(["poll", "--once"], { ...env, ...state })).toBe(78);
    const text = readFileSync(heard, "utf8");
    expect(text).toContain("-t mimecast-input");
    expect(text).toContain("accounts[0].api");
  });

  it("is no reason for other commands to write into the state directory", async () => {
    const { env, stateDir } = workspaceFor(closers);
    const all = { ...env, STATE_DIRECTORY: stateDir, MIMECAST_INPUT_CONFIG: "/nowhere.yaml" };
    expect(await pollUnread(["status"], all)).toBe(78);
    expect(existsSync(stateDir)).toBe(false);
  });
});

for (const name of ["syslog-ng", "vector"] as const) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`a broken configuration under ${name}`, () => {
    it("is told in the state directory's log", async () => {
      const workspace = workspaceFor(closers);
      workspace.config(`${BROKEN}state_dir: ${workspace.stateDir}\n`);
      const shipper = await startShipper(name, workspace, 9);
      closers.push(() => shipper.stop());
      const path = logPath(workspace.stateDir);
      const isThere = () => existsSync(path) && readFileSync(path, "utf8").includes("\n");
      await until(isThere, 20_000, path);
      await shipper.stop();
      expect(shipper.said()).not.toContain("accounts[0].api");
      expect(kept(workspace.stateDir)[0]).toMatchObject({ level: "error", code: "config" });
    });
  });
}
