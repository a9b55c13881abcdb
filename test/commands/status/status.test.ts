import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEW_SOURCE } from "../../../plugin/collect/schedule.ts";
import type { AccountStatus } from "../../../plugin/commands/status/account_status.ts";
import { exitCodeOf, readStatus } from "../../../plugin/commands/status/status.ts";
import { duration, statusText } from "../../../plugin/commands/status/text.ts";
import { parseConfig } from "../../../plugin/config/parse_config.ts";
import { emptyCheckpoint, serializeCheckpoint } from "../../../plugin/state/checkpoint.ts";
import { isLockHeld, lockFile } from "../../../plugin/state/lock.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../../support/closers.ts";
import { configFor } from "../../support/fake_config.ts";
import { createFakeEffects } from "../../support/fake_effects.ts";
import { startFake } from "../../support/fake_mimecast/fake.ts";
import { PROGRAM, runProgram, until, type Workspace } from "../../support/program.ts";

const closers = closersOfEach();

async function collected(): Promise<{ workspace: Workspace; json: () => Promise<StatusJson> }> {
  const records = { siem: 200, audit: 20, ttp_impersonation: 20 };
  const fake = await fakeFor(closers, { api: "2.0", records });
  const workspace = workspaceFor(closers);
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }));
  fake.set({ forbidden: ["/api/dlp/get-logs"] });
  await runProgram(["poll", "--once"], workspace.env);
  const json = async () => {
    const run = await runProgram(["status", "--json"], workspace.env);
    return { code: run.code, ...JSON.parse(run.stdout) } as StatusJson;
  };
  return { workspace, json };
}

interface StatusJson {
  readonly code: number;
  readonly time: string;
  readonly accounts: readonly AccountStatus[];
}

/** Name, size and time of change of every file. */
function snapshot(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => {
    const { size, mtimeMs } = statSync(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

describe("mimecast-input status", () => {
  it("--live: an account that is dead does not end a process that works for others", async () => {
    const [one, two] = [await startFake({ records: { audit: 5 } }), await startFake()];
    closers.push(
      () => one.close(),
      () => two.close(),
    );
    const workspace = workspaceFor(closers);
    const fakes = { acme: { fake: one, api: "2.0" }, dead: { fake: two, api: "2.0" } } as const;
    workspace.config(configFor(workspace.stateDir, fakes));
    const live = async (...args: string[]) => {
      const { code, stdout } = await runProgram(["status", "--live", ...args], workspace.env);
      return { code, stdout };
    };
    const neither = "nothing works for acme; nothing works for dead\n";
    expect(await live()).toEqual({ code: 1, stdout: neither });
    await runProgram(["poll", "--once", "--account", "acme"], workspace.env);
    expect(await live()).toEqual({ code: 0, stdout: "live; nothing works for dead\n" });
    expect(JSON.parse((await live("--json")).stdout)).toMatchObject({ live: true, dead: ["dead"] });
  });

  it("reads what a poll left, changes nothing, and reports the feed that failed", async () => {
    const { workspace, json } = await collected();
    const before = snapshot(workspace.stateDir);
    const { code, accounts } = await json();
    expect(snapshot(workspace.stateDir)).toEqual(before);
    expect(code).toBe(1);
    const feeds = new Map(accounts[0]?.feeds.map((feed) => [feed.feed, feed]));
    expect(feeds.get("audit")).toMatchObject({ condition: "ok", records: 20, failures: 0 });
    expect(feeds.get("siem")).toMatchObject({ records: 200 });
    expect(feeds.get("dlp")).toMatchObject({ condition: "failing", failures: 1 });
    expect(feeds.get("dlp")?.error).toContain("/api/dlp/get-logs");
    expect(accounts[0]?.running).toBe(false);

    const text = await runProgram(["status"], workspace.env);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/^acme \(API 2\.0\)\n {2}feed +state +collected up to/);
    expect(text.stdout).toMatch(/dlp +failing/);
    expect(text.stdout).not.toContain("\u001b");
  });

  it("reports a broken checkpoint with code 74, and the other accounts all the same", async () => {
    const { workspace, json } = await collected();
    const path = join(workspace.stateDir, "acme", "checkpoint");
    const bytes = readFileSync(path);
    bytes[bytes.length - 5] = 0x41;
    writeFileSync(path, bytes);
    const { code, accounts } = await json();
    expect(code).toBe(74);
    expect(accounts[0]).toMatchObject({ condition: "broken", feeds: [] });
    expect(accounts[0]?.error).toContain("checksum");
    expect(accounts[0]?.hint).toContain("checkpoint.previous");
  });

  it("knows a state directory that does not exist yet", async () => {
    const workspace = workspaceFor(closers);
    workspace.config(
      `state_dir: ${workspace.stateDir}\naccounts: [{ name: a, api: "2.0", region: uk, client_id: x, client_secret: { env: NOT_SET } }]\n`,
    );
    const run = await runProgram(["status", "--json"], workspace.env);
    expect(run.stderr).toBe("");
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout).accounts[0].condition).toBe("waiting");
  });

  it("--watch looks again until it is told to stop", async () => {
    const workspace = workspaceFor(closers);
    workspace.config(
      `state_dir: ${workspace.stateDir}\naccounts: [{ name: a, api: "2.0", region: uk, client_id: x, client_secret: { env: NOT_SET } }]\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "status", "--watch", "1", "--json"], {
      env: workspace.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (piece: Buffer) => {
      out += piece.toString();
    });
    await until(() => out.split("\n").length > 2, 15_000, "a second look");
    child.kill("SIGTERM");
    await until(() => child.exitCode !== null, 5_000, "the end");
    expect(child.exitCode).toBe(1);
  });

  it.each(["0", "1.5", "x"])("refuses --watch %s", async (value) => {
    const run = await runProgram(["status", "--watch", value], workspaceFor(closers).env);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain("whole number");
  });
});

describe("isLockHeld()", () => {
  it("is false without a file, true while another process holds it, and does not end that lock", async () => {
    const { folder } = workspaceFor(closers);
    const path = join(folder, "lock");
    expect(await isLockHeld(path)).toBe(false);
    const code = `
      const { DatabaseSync } = require("node:sqlite");
      const db = new DatabaseSync(${JSON.stringify(path)});
      db.exec("BEGIN EXCLUSIVE");
      process.stdout.write("held");
      process.stdin.on("end", () => process.exit()).resume();`;
    const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
    closers.push(() => child.kill("SIGKILL"));
    await new Promise((done) => child.stdout.once("data", done));
    expect(await isLockHeld(path)).toBe(true);
    expect(await isLockHeld(path)).toBe(true);
    await expect(lockFile(path, "acme")).rejects.toMatchObject({ code: "lock_held" });
    child.stdin.end();
    await until(() => child.exitCode !== null, 5_000, "the end");
    expect(await isLockHeld(path)).toBe(false);
  });
});

describe("exitCodeOf()", () => {
  const account = (condition: AccountStatus["condition"], enabled = true) =>
    ({ condition, enabled }) as AccountStatus;

  it.each([
    [0, [account("ok"), account("gaps")]],
    [1, [account("ok"), account("waiting")]],
    [1, [account("ok"), account("overdue")]],
    [1, [account("ok"), account("clock")]],
    [1, [account("ok"), account("deadline")]],
    [74, [account("failing"), account("broken")]],
    [0, [account("broken", false), account("ok")]],
  ])("is %i", (code, accounts) => {
    expect(exitCodeOf(accounts)).toBe(code);
  });
});

describe("readStatus()", () => {
  it("knows how long Mimecast keeps a feed in its mode, and whose the stream's gaps are", async () => {
    const text = `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X }, sources: [{ name: siem, mode: stream }] }]`;
    const config = parseConfig(text, {}, { fileName: "config.yaml", mode: 0o600 });
    const now = Date.UTC(2026, 2, 8, 12);
    const checkpoint = {
      ...emptyCheckpoint("acme", "2.0"),
      sources: { siem: { ...NEW_SOURCE, startedMs: now, records: 1, coveredUntilMs: now } },
      gaps: [{ stream: "siem:stream", item: "p", atMs: now, reason: "r", cursor: 0, file: null }],
    };
    const path = `${config.stateDir}/acme/checkpoint`;
    const effects = createFakeEffects({ now, files: { [path]: serializeCheckpoint(checkpoint) } });
    const [account] = await readStatus(config, { effects, lockHeld: async () => false });
    expect(account?.feeds).toMatchObject([{ deadline: "2026-03-09T12:00:00Z", gaps: 1 }]);
  });
});

describe("statusText()", () => {
  it("is what test/golden/status holds", async () => {
    const feed = {
      feed: "siem",
      condition: "deadline" as const,
      collected_up_to: "2026-03-02T12:00:00Z",
      lag_seconds: 518_400,
      last_run: "2026-03-08T11:59:00Z",
      last_success: "2026-03-08T11:59:00Z",
      overdue: false,
      next_due: "2026-03-08T12:14:00Z",
      records: 12_345,
      filtered: 0,
      unknown: Array.from({ length: 7 }, (_, at) => ({
        kind: at === 1 ? "type" : "field",
        name: at === 2 ? "" : `foo${at}`,
        count: 7 - at,
        since: "2026-03-01T00:00:00Z",
        last: "2026-03-08T11:00:00Z",
      })),
      gaps: 1,
      deadline: "2026-03-09T12:00:00Z",
      failures: 3,
      error: 'Cannot reach "uk-api.services.mimecast.com": no answer in time',
      unanswered: null,
    };
    const account: AccountStatus = {
      account: "acme",
      api: "2.0",
      enabled: true,
      condition: "deadline",
      running: true,
      worker: null,
      clock_ahead_seconds: 900,
      config_problem: "Cannot read config: line 3",
      unconfirmed_run: {
        started: "2026-03-08T11:59:00Z",
        end: "drained",
        shipper: "fluent-bit (pid 812)",
        streams: 2,
      },
      reconciled: {
        at: "2026-03-08T10:00:00Z",
        verdict: "incomplete",
        records: 18_233,
        missing: 2,
        healed: 0,
        complete_up_to: "2026-03-08T03:00:00Z",
        message:
          "QRadar lacks 2 of 18233 records from 2026-03-07T10:00:00Z to 2026-03-08T09:00:00Z",
      },
      error: null,
      hint: null,
      feeds: [
        feed,
        { ...feed, feed: "audit", unknown: [], condition: "waiting", last_run: null, error: null },
      ],
      gaps: [
        {
          at: "2026-03-07T08:00:00Z",
          stream: "siem:receipt",
          item: "a\u001b[2J.json.gz",
          reason: "the gzip data is damaged",
          file: "f.bin",
        },
      ],
    };
    const view = { nowMs: Date.UTC(2026, 2, 8, 12), color: false };
    await expect(statusText([account], view)).toMatchFileSnapshot("../golden/status");
    expect(statusText([account], { ...view, color: true })).toContain("\u001b[31m");
    const filtering = { ...account, feeds: [{ ...feed, filtered: 17 }] };
    const [, head, row] = statusText([filtering], view).split("\n");
    expect(head).toMatch(/ gaps {2}filtered$/);
    expect(row).toMatch(/ 1 +17$/);
  });
});

describe("duration()", () => {
  it.each([
    [0, "0s"],
    [59, "59s"],
    [61, "1m 1s"],
    [3600, "1h"],
    [93_784, "1d 2h"],
  ])("%i s is %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
