import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCheckpoint, serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { finished, runProgram, startProgram, until, type Workspace } from "../support/program.ts";

/** Green means collected: no health_ok, no "ok", no exit code 0 without an answer of Mimecast's. */

const closers = closersOfAll();

async function position(more = "") {
  const fake = await fakeFor(closers, { api: "2.0", seed: 3, records: { siem: 50, audit: 3 } });
  const workspace = workspaceFor(closers);
  const path = workspace.config(
    configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, `poll: { start: 7d }\n${more}`),
  );
  return { fake, workspace, path };
}

async function statusOf({ env }: Workspace) {
  const run = await runProgram(["status", "--json"], env);
  const [account] = JSON.parse(run.stdout).accounts;
  const conditions = account.feeds.map(({ condition }: { condition: string }) => condition);
  return { code: run.code, account, conditions: [...new Set(conditions)] };
}

/** What the account remembers, changed as if so many minutes had passed. */
function age(workspace: Workspace, minutes: number): void {
  const path = join(workspace.stateDir, "acme", "checkpoint");
  const checkpoint = parseCheckpoint(readFileSync(path), path);
  const earlier = (timeMs: number) => Math.max(0, timeMs - minutes * 60_000);
  const sources = Object.fromEntries(
    Object.entries(checkpoint.sources).map(([name, state]) => [
      name,
      {
        ...state,
        startedMs: earlier(state.startedMs),
        dueMs: earlier(state.dueMs),
        ...(state.answeredMs === undefined ? {} : { answeredMs: earlier(state.answeredMs) }),
        ...(state.askedSinceMs === undefined ? {} : { askedSinceMs: earlier(state.askedSinceMs) }),
      },
    ]),
  );
  const healthMs = earlier(checkpoint.healthMs);
  writeFileSync(path, serializeCheckpoint({ ...checkpoint, sources, healthMs }));
}

/** Requests that had to be answered before anything is collected. */
const asked = (fake: Fake) =>
  ["/oauth/token", "/siem/v1/batch/events/cg", "/api/audit/get-audit-events"]
    .map((path) => fake.requests(path))
    .reduce((sum, count) => sum + count);

describe.concurrent("without any answer of Mimecast's", () => {
  it.each(["nothing listens", "an answer never comes"])("is never ok: %s", async (how) => {
    const { fake, workspace } = await position("network: { connect_timeout_secs: 5 }\n");
    if (how === "nothing listens") await fake.close();
    else fake.faults.push({ path: "*", fault: "hang", times: 0 });
    const program = startProgram(["poll", "--follow"], workspace.env);
    const run = finished(program);
    if (how === "nothing listens") {
      let said = "";
      program.stderr?.on("data", (piece) => {
        said += String(piece);
      });
      await until(() => said.includes("Trying again"), 30_000, "the first try");
    } else await until(() => asked(fake) > 0, 30_000, "the first request");
    program.kill("SIGTERM");
    const { stdout, code } = await run;
    expect(code).toBe(0);
    expect(stdout).not.toContain("health_ok");
    const { code: exit, conditions } = await statusOf(workspace);
    expect(exit).toBe(1);
    expect(conditions).not.toContain("ok");
  });

  it("says nothing good at a start and a stop of a collector that was in good health an hour ago", async () => {
    const { fake, workspace } = await position();
    await runProgram(["poll", "--once"], workspace.env);
    expect((await statusOf(workspace)).code).toBe(0);
    age(workspace, 61);
    expect(await statusOf(workspace)).toMatchObject({ code: 1, conditions: ["overdue"] });
    fake.faults.push({ path: "*", fault: "hang", times: 0 });
    const before = asked(fake);
    const program = startProgram(["poll", "--follow"], workspace.env);
    const run = finished(program);
    await until(() => asked(fake) > before, 30_000, "a request");
    program.kill("SIGTERM");
    expect((await run).stdout).not.toContain("health_ok");
    expect(await statusOf(workspace)).toMatchObject({ code: 1, conditions: ["overdue"] });
  });
});

class TooBusy extends Error {}

describe.concurrent("a feed that never answers, in runs that are cut each time", () => {
  const HANGS = "/api/audit/get-audit-events";
  /** Throws `TooBusy` where a run of so many seconds ends before the feed is asked. */
  async function cutRuns(how: string, maxRunSecs: number): Promise<void> {
    const { fake, workspace, path } = await position();
    const metrics = join(workspace.folder, "mimecast.prom");
    const time = how === "max_run_secs" ? `poll: { max_run_secs: ${maxRunSecs} }` : "";
    const text = readFileSync(path, "utf8").replace(
      /poll: .*/,
      `    sources: [audit, dlp]\n${time}`,
    );
    const config = `${text}metrics_file: ${metrics}\n`;
    workspace.config(config);
    // Of the feeds of an account, one has no answer.
    fake.faults.push({ path: HANGS, fault: "hang", times: 0 });
    const cutRun = async () => {
      const program = startProgram(["poll", "--once"], workspace.env);
      const run = finished(program);
      const before = fake.requests(HANGS);
      let isOver = false;
      void run.then(() => {
        isOver = true;
      });
      await until(() => isOver || fake.requests(HANGS) > before, 30_000, "the request");
      if (fake.requests(HANGS) === before) throw new TooBusy();
      if (how !== "max_run_secs") program.kill(how as NodeJS.Signals);
      return run;
    };
    const audit = async () => {
      const { account, code } = await statusOf(workspace);
      return { code, ...account.feeds.find(({ feed }: { feed: string }) => feed === "audit") };
    };
    const first = await cutRun();
    expect(first.stdout).not.toMatch(/health_.*endpoint=audit/);
    expect(await audit()).toMatchObject({ code: 1, condition: "waiting", overdue: false });
    age(workspace, 46);
    expect(await audit()).toMatchObject({ code: 1, condition: "overdue", last_success: null });
    const later = await cutRun();
    expect(await audit()).toMatchObject({ condition: "overdue", overdue: true, failures: 0 });
    if (how === "SIGKILL") return;
    expect(readFileSync(metrics, "utf8")).toMatch(/mimecast_input_overdue\{.*"audit"\} 1\n/);
    const said = later.stderr.split("\n").filter((line) => line.includes('"code":"overdue"'));
    expect(said).toHaveLength(1);
    if (how !== "max_run_secs") return;
    expect(said[0]).toContain(`poll.max_run_secs: ${2 * maxRunSecs}`);
    expect(first.stderr).toContain('"code":"unanswered"');
    age(workspace, 61);
    const health = (await cutRun()).stdout.split("\n").filter((line) => /health_/.test(line));
    const ofAudit = health.filter((line) => line.includes("has never answered"));
    expect(ofAudit).toHaveLength(1);
    expect(ofAudit[0]).toContain("health_error");
    expect(ofAudit[0]).toContain(`poll.max_run_secs: ${2 * maxRunSecs}`);
    // And is green again once it answers.
    fake.faults.splice(0);
    workspace.config(config.replace(time, ""));
    await runProgram(["poll", "--once"], workspace.env);
    expect(await audit()).toMatchObject({ condition: "ok", overdue: false, unanswered: null });
  }

  it.each(["max_run_secs", "SIGTERM", "SIGKILL"])(
    "is overdue after three intervals: cut by %s",
    async (how) => {
      for (let secs = 2; ; secs *= 2) {
        try {
          return await cutRuns(how, secs);
        } catch (error) {
          if (!(error instanceof TooBusy) || secs > 100) throw error;
        }
      }
    },
  );
});

describe.concurrent("an account that can't be collected any more", () => {
  it("is red in status, and QRadar is told, where its secret is gone", async () => {
    const { workspace, path } = await position();
    await runProgram(["poll", "--once"], workspace.env);
    const text = readFileSync(path, "utf8");
    const broken = text.replace(/client_secret: .*/, "client_secret: { env: NOPE_X }");
    expect(broken).not.toBe(text);
    workspace.config(broken);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(78);
    expect(run.stdout).toContain("health_error");
    expect(run.stdout).toContain("NOPE_X");
    const { code, conditions, account } = await statusOf(workspace);
    expect([code, conditions, account.condition]).toEqual([1, ["failing"], "failing"]);
    // Once when it begins, then at the interval of all health lines.
    const again = await runProgram(["poll", "--once"], workspace.env);
    expect([again.code, again.stdout]).toEqual([78, ""]);
  });

  it("is red in status, and QRadar is told, where its checkpoint is damaged", async () => {
    const { workspace } = await position();
    await runProgram(["poll", "--once"], workspace.env);
    const checkpoint = join(workspace.stateDir, "acme", "checkpoint");
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 300), { mode: 0o600 });
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(74);
    expect(run.stdout).toContain("health_error");
    expect(run.stdout).toContain("checkpoint");
    expect((await statusOf(workspace)).code).toBe(74);
  });
});

describe.concurrent("status --live", () => {
  it("is 0 while a process works, also during an outage, and 1 when nothing does", async () => {
    const { fake, workspace } = await position();
    const live = async () => (await runProgram(["status", "--live"], workspace.env)).code;
    expect(await live()).toBe(1);
    await fake.close();
    const program = startProgram(["poll", "--follow"], workspace.env);
    const run = finished(program);
    const started = async () => (await live()) === 0;
    let isLive = false;
    for (let time = 0; time < 60 && !isLive; time++) isLive = await started();
    expect(isLive).toBe(true);
    program.kill("SIGTERM");
    await run;
  });

  it("is 1 where what was tried last is too long ago", async () => {
    const { workspace } = await position();
    await runProgram(["poll", "--once"], workspace.env);
    expect((await runProgram(["status", "--live"], workspace.env)).code).toBe(0);
    age(workspace, 46);
    const run = await runProgram(["status", "--live"], workspace.env);
    expect([run.code, run.stdout]).toEqual([1, "nothing works for acme\n"]);
  });
});
