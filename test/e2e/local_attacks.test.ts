import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { PROGRAM, runProgram } from "../support/program.ts";

/** What another user of the machine could do to the built program. */
const closers = closersOfEach();

async function setup(more = "") {
  const workspace = workspaceFor(closers);
  const fake = await fakeFor(closers, { api: "2.0", records: { audit: 3 } });
  const config = workspace.config(
    configFor(
      workspace.stateDir,
      { acme: { fake, api: "2.0" } },
      more.replaceAll("FOLDER", workspace.folder),
    ),
  );
  return { workspace, config };
}

describe("metrics_file", () => {
  test("a link in its place is replaced, and what it leads to stays as it is", async () => {
    const { workspace } = await setup("metrics_file: FOLDER/x.prom\n");
    const victim = join(workspace.folder, "victim");
    writeFileSync(victim, "secret", { mode: 0o600 });
    const path = join(workspace.folder, "x.prom");
    symlinkSync(victim, path);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
    expect(readFileSync(victim, "utf8")).toBe("secret");
    expect(statSync(victim).mode & 0o777).toBe(0o600);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o644);
  });
});

describe("the configuration", () => {
  test.each(["poll --once", "check", "status"])(
    "that everybody can write is refused by %s",
    async (command) => {
      const { workspace, config } = await setup();
      chmodSync(config, 0o606);
      const run = await runProgram(command.split(" "), workspace.env);
      expect(run.code).toBe(78);
      expect(run.stdout + run.stderr).toContain("config_untrusted");
    },
  );

  test.skipIf(process.getuid?.() !== 0)("of another user is refused, also by root", async () => {
    const { workspace, config } = await setup();
    chownSync(config, 12_345, 12_345);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("config_untrusted");
    expect(run.stderr).toContain("belongs to user 12345");
  });

  test("that a group can read is taken", async () => {
    const { workspace, config } = await setup();
    chmodSync(config, 0o600);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(0);
  });
});

describe("SIGUSR1", () => {
  test("opens no inspector, and the program goes on", async () => {
    const { workspace } = await setup();
    const program = started([PROGRAM, "poll", "--follow"], workspace.env);
    const control = started(["-e", "console.log(1); setInterval(() => {}, 1000)"], workspace.env);
    await Promise.all([program.first, control.first]);
    program.child.kill("SIGUSR1");
    control.child.kill("SIGUSR1");
    // A process without our listener shows how long Node takes to open it.
    await control.listening;
    const ended = new Promise((resolve) => program.child.once("exit", resolve));
    program.child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(program.stderr()).not.toContain("Debugger listening");
  });
});

/** Node with these arguments; any port will do for an inspector. */
function started(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ["--inspect-port=0", ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  closers.push(() => child.kill("SIGKILL"));
  let stderr = "";
  const listening = new Promise<void>((resolve) => {
    child.stderr.on("data", (data) => {
      stderr += data;
      if (stderr.includes("Debugger listening")) resolve();
    });
  });
  const first = new Promise((resolve) => child.stdout.once("data", resolve));
  return { child, first, listening, stderr: () => stderr };
}
