import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { finished, linesOf, PROGRAM, runProgram, startProgram, until } from "../support/program.ts";

const closers = closersOfAll();

async function started(records: Readonly<Record<string, number>>, more: NodeJS.ProcessEnv = {}) {
  const fake = await fakeFor(closers, { api: "2.0", records, seed: 3 });
  const workspace = workspaceFor(closers);
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }));
  return { fake, workspace, env: { ...workspace.env, ...more } };
}

/** A program whose reader has taken nothing for so long, although there is more, waits for it. */
const WAITS_MS = 5_000;

it.concurrent.each(["--once", "--follow"])(
  "poll %s ends at SIGTERM although nobody reads its stdout, and commits nothing of it",
  async (mode) => {
    const { fake, workspace, env } = await started({ receipt: 3000 });
    // Nobody reads: a paused stream takes what its buffer holds, the rest stays in the kernel until a write has to wait.
    const child = spawn(process.execPath, [PROGRAM, "poll", mode], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    closers.push(() => child.kill("SIGKILL"));
    let err = "";
    child.stderr.on("data", (piece: Buffer) => {
      err += piece;
    });
    const ended = new Promise<number | null>((done) => child.once("exit", done));
    const errEnd = new Promise((done) => child.stderr.once("end", done));
    await until(() => fake.requests("/siem/v1/batch/events/cg") > 0, 60_000, "the first request");
    // Written after each chunk that the reader took.
    const journal = join(workspace.stateDir, "acme/journal");
    let writtenMs = 0;
    let sinceMs = Date.now();
    const waits = () => {
      const now = statSync(journal, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (now !== writtenMs) [writtenMs, sinceMs] = [now, Date.now()];
      return child.stdout.readableLength > 16_384 && Date.now() - sinceMs > WAITS_MS;
    };
    await until(() => child.exitCode !== null || waits(), 60_000, "a write that waits");
    child.kill("SIGTERM");
    expect(await ended).toBe(141);
    await errEnd;
    expect(err).toContain("shipper_stuck");
    const text = readFileSync(join(workspace.stateDir, "acme/checkpoint"));
    expect(parseCheckpoint(text, "").runs.at(-1)?.end).not.toMatch(/drained|stopped/);
    const again = await runProgram(["poll", "--once"], env);
    expect(again.code).toBe(0);
    expect(new Set(linesOf(again.stdout).flatMap((line) => idOf(line) ?? []))).toEqual(
      new Set(fake.ids()),
    );
  },
);

it.concurrent.each([
  ["an exception that nobody catches", "throw new TypeError('boom')"],
  ["a promise that nobody waits for", "Promise.reject(new TypeError('boom'))"],
])("poll says %s in one line, and ends with 70", async (_what, statement) => {
  const preload = `data:text/javascript,setTimeout(()=>{${encodeURIComponent(statement)}},1500)`;
  const { fake, env } = await started({}, { NODE_OPTIONS: `--import=${preload}` });
  fake.faults.push({ path: "/siem/v1/batch/events/cg", fault: "hang", times: 0 });
  const { code, stderr } = await finished(startProgram(["poll", "--once"], env));
  expect(code).toBe(70);
  const defects = linesOf(stderr)
    .map((line) => JSON.parse(line))
    .filter(({ code: each }) => each === "defect");
  expect(defects).toHaveLength(1);
  expect(defects[0]).toMatchObject({ level: "error", stack: expect.stringContaining("boom") });
});
