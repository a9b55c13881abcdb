import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { configFor } from "../support/fake_config.ts";
import { startFake } from "../support/fake_mimecast/fake.ts";
import { startHttpInput } from "../support/http_input.ts";
import {
  createWorkspace,
  type Finished,
  finished,
  linesOf,
  runProgram,
  startProgram,
  until,
  type Workspace,
} from "../support/program.ts";
import { type QradarApi, startQradarApi } from "../support/qradar/api.ts";
import { installedConsole } from "../support/qradar/installed_console.ts";

/** Through the built program: test events on their way into a console whose content and log sources are those of `qradar install`. */

interface Scene {
  readonly api: QradarApi;
  readonly workspace: Workspace;
  readonly config: string;
  /** Payloads that have arrived at QRadar. */
  readonly arrived: string[];
  readonly handedIn: string;
}

type AtEnd = (close: () => void | Promise<void>) => void;

interface Wanted {
  readonly more?: string;
  /** The first poll has run. Default: true. */
  readonly collected?: boolean;
  /** Arguments of `qradar install`. */
  readonly install?: readonly string[];
}

async function scene(
  atEnd: AtEnd,
  { more = "", collected = true, install = [] }: Wanted = {},
): Promise<Scene> {
  const fake = await startFake({ api: "2.0", seed: 9, records: { audit: 5 } });
  atEnd(() => fake.close());
  const authority = certificateAuthority();
  const workspace = createWorkspace();
  atEnd(() => workspace.remove());
  const ca = join(workspace.folder, "ca.pem");
  writeFileSync(ca, authority.cert);
  const arrived: string[] = [];
  const api: QradarApi = await startQradarApi({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    logSources: [],
    properties: [],
    events: () => {
      const show = installedConsole(api);
      return arrived.map((payload) =>
        show({ payload, packetIp: "203.0.113.1", receivedMs: Date.now() }),
      );
    },
  });
  atEnd(() => api.close());
  const qradar = `qradar: { console: "https://127.0.0.1:${api.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca} }\n`;
  const accounts = { acme: { fake, api: "2.0" as const } };
  const config = workspace.config(configFor(workspace.stateDir, accounts, qradar + more));
  const handedIn = join(workspace.stateDir, "acme", "handed_in");
  const at = { api, workspace, config, arrived, handedIn };
  const installed = await qradarCommand(at, "install", ...install);
  expect(installed.code, installed.stderr).toBe(0);
  if (collected) await poll(at);
  return at;
}

function qradarCommand({ api, config }: Scene, ...args: string[]): Promise<Finished> {
  return runProgram(["qradar", ...args, "--config", config], { QRADAR_TOKEN: api.token });
}

async function poll({ config }: Scene, ...args: string[]): Promise<string[]> {
  const run = await runProgram(["poll", "--once", "--config", config, ...args], {});
  expect(run.code, run.stderr).toBe(0);
  return linesOf(run.stdout);
}

interface Report {
  readonly verdict: string;
  readonly uid_prefix: string;
  readonly sent: string;
  readonly remedies: readonly string[];
  readonly events: readonly {
    readonly family: string;
    readonly uid: string;
    readonly state: string;
    readonly findings: readonly { readonly what: string; readonly found: string }[];
  }[];
}

/** Verifies while `shipper` takes the lines. */
async function verify(at: Scene, shipper: (at: Scene) => unknown, waitSecs = 300) {
  const running = qradarCommand(at, "verify", "--json", "--wait-secs", String(waitSecs));
  await until(() => existsSync(at.handedIn), 10_000, "the lines that are handed in");
  await shipper(at);
  const run = await running;
  expect(`${run.stdout}${run.stderr}`).not.toContain(at.api.token);
  expect(run.stdout, run.stderr).not.toBe("");
  return { ...run, report: JSON.parse(run.stdout) as Report };
}

/** A shipper that runs the program. */
async function byPoll(at: Scene): Promise<void> {
  at.arrived.push(...(await poll(at)));
}

/** The same in no time, for a test of what comes too late; null: the line gets lost. */
function byHand(relay: (line: string) => string | null) {
  return ({ handedIn, arrived }: Scene): void => {
    const lines = linesOf(readFileSync(handedIn, "utf8")).map(relay);
    arrived.push(...lines.filter((line) => line !== null));
    rmSync(handedIn);
  };
}

const SHORT_SECS = 10;

type Refused = [string, NonNullable<QradarApi["switches"]["refuse"]>, number, string];

describe.concurrent("qradar verify", () => {
  it("sends each record family through the shipper, and finds it as it has to be; no position moves", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    const checkpoint = () => {
      const path = join(at.workspace.stateDir, "acme", "checkpoint");
      return parseCheckpoint(readFileSync(path), path);
    };
    // What the first run has written is committed by the next one.
    expect(await poll(at)).toEqual([]);
    const before = checkpoint();
    expect(Object.keys(before.committed).length).toBeGreaterThan(0);
    // Whoever only looks takes nothing.
    writeFileSync(at.handedIn, "not for you\n");
    const peek = await runProgram(["poll", "--peek", "1", "--config", at.config], {});
    expect(peek.stdout).not.toContain("not for you");
    expect(existsSync(at.handedIn)).toBe(true);
    rmSync(at.handedIn);

    const { code, report, stderr } = await verify(at, byPoll);
    expect(code, stderr).toBe(0);
    expect(report).toMatchObject({ verdict: "right", sent: "by_poll", remedies: [] });
    expect(report.events.length).toBeGreaterThan(20);
    expect(report.events.every(({ state }) => state === "right")).toBe(true);
    expect(at.arrived.map((line) => /eventUid=(\w+)/.exec(line)?.[1]).sort()).toEqual(
      report.events.map(({ uid }) => uid).sort(),
    );
    expect(existsSync(at.handedIn)).toBe(false);
    const { committed, sources, gaps } = checkpoint();
    expect({ committed, sources, gaps }).toEqual({
      committed: before.committed,
      sources: before.sources,
      gaps: before.gaps,
    });
    expect(await poll(at)).toEqual([]);
    // Narrow searches, none left behind.
    expect(at.api.open()).toBe(0);
    for (const aql of at.api.searches)
      expect(aql).toMatch(/logsourceid IN \(\d+\).* LAST \d MINUTES$/);
  });

  it("knows what Universal LEEF shows: the severity of the line", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished, { install: ["--piecewise"] });
    const { code, report, stderr } = await verify(at, byPoll);
    expect(code, stderr).toBe(0);
    expect(report.verdict).toBe("right");
    expect((await checkConsole(at)).short).toEqual(WELL.with(1, "content: note"));
  });

  it("names what is wrong, and what to do", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    Object.assign(at.api.logSources[0]!, { log_source_extension_id: null });
    const { code, report } = await verify(at, byPoll);
    expect(code).toBe(1);
    expect(report.verdict).toBe("wrong");
    expect(report.events.every(({ state }) => state === "wrong")).toBe(true);
    expect(report.remedies).toEqual([expect.stringMatching(/extension of its type/)]);
  });

  it("tells that a part is missing, and what has gone astray", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    const shipper = byHand((line) => {
      if (line.includes("|receipt_accepted|")) return null;
      if (!line.includes("|spam|")) return line;
      return `<13>1 2026-01-01T00:00:00Z relay - - - - ${line.slice(line.indexOf("LEEF:"))}`;
    });
    const { code, report } = await verify(at, shipper, SHORT_SECS);
    expect(code).toBe(1);
    const state = (family: string) => report.events.find((each) => each.family === family);
    expect(state("receipt")).toMatchObject({ state: "missing" });
    expect(state("spam")).toMatchObject({
      state: "wrong",
      findings: [{ what: "log source", found: "SIM Generic Log DSM :: relay" }],
    });
    expect(report.events.filter((each) => each.state === "right")).toHaveLength(
      report.events.length - 2,
    );
    expect(report.remedies).toEqual([
      expect.stringMatching(/identifier of the log source/),
      expect.stringMatching(/Some arrived and others did not/),
    ]);
  });

  it("is undecided where nobody takes the events, takes them back, and where nothing arrives", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    const untaken = await qradarCommand(at, "verify", "--wait-secs", "1");
    expect(untaken.code).toBe(75);
    expect(untaken.stdout).toMatch(/No run of the account has taken/);
    expect(existsSync(at.handedIn)).toBe(false);
    expect(at.api.searches).toEqual([]);
    const { code, report } = await verify(
      at,
      byHand(() => null),
      SHORT_SECS,
    );
    expect(code).toBe(75);
    expect(report).toMatchObject({ verdict: "undecided", sent: "by_poll" });
    expect(report.remedies).toEqual([expect.stringMatching(/^Nothing has arrived/)]);
    // Elsewhere it was looked for once.
    expect(at.api.searches.filter((aql) => !aql.includes("logsourceid IN"))).toHaveLength(1);
  });

  it("takes back what nobody has taken, and ends its search, when it is told to end", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    const args = ["qradar", "verify", "--config", at.config];
    const env = { QRADAR_TOKEN: at.api.token };
    const waiting = startProgram(args, env);
    await until(() => existsSync(at.handedIn), 10_000, "the lines that are handed in");
    waiting.kill("SIGTERM");
    expect((await finished(waiting)).code).not.toBe(0);
    expect(existsSync(at.handedIn)).toBe(false);

    at.api.switches.endless = true;
    const searching = startProgram(args, env);
    await until(() => existsSync(at.handedIn), 10_000, "the lines that are handed in");
    rmSync(at.handedIn);
    await until(() => at.api.open() > 0, 10_000, "a search");
    searching.kill("SIGTERM");
    expect((await finished(searching)).code).not.toBe(0);
    expect(at.api.open()).toBe(0);
  });

  it("is taken by poll --follow, while nothing is due", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    const following = startProgram(["poll", "--follow", "--config", at.config], {});
    const ended = finished(following);
    let text = "";
    following.stdout?.on("data", (piece: Buffer) => {
      text += piece.toString();
    });
    const { report } = await verify(at, async () => {
      await until(() => !existsSync(at.handedIn), 30_000, "the run to take them");
      const isThere = () => text.split("|^|cat=").length > 24;
      await until(isThere, 30_000, "the lines");
      at.arrived.push(...linesOf(text));
    });
    expect(report.verdict).toBe("right");
    following.kill("SIGTERM");
    await ended;
  });

  it("keeps no collection from going on: what can't be read is removed", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    mkdirSync(at.handedIn);
    const run = await runProgram(["poll", "--once", "--config", at.config], {});
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain("Cannot read the lines that were handed in");
    expect(existsSync(at.handedIn)).toBe(false);
  });

  it("posts the events itself where the shipper listens", async ({ onTestFinished }) => {
    const input = await startHttpInput();
    onTestFinished(() => input.close());
    const http = `output: { http: { url: "${input.url}", gzip: false } }\n`;
    const at = await scene(onTestFinished, { more: http, collected: false });
    const running = qradarCommand(at, "verify");
    await until(() => input.lines.length > 0, 10_000, "the lines");
    at.arrived.push(...input.lines);
    const run = await running;
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).toMatch(/acme: right, \d+ of \d+ as they should be/);
  });

  it("hands nothing in for an account that was never collected here", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished, { collected: false });
    const run = await qradarCommand(at, "verify");
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"qradar_verify_way"');
    expect(existsSync(join(at.workspace.stateDir, "acme"))).toBe(false);
  });

  it.for<Refused>([
    ["a token that is refused", { path: "/", status: 401 }, 77, "qradar_token"],
    ["a missing right for log sources", { path: "/config", status: 403 }, 77, "qradar_forbidden"],
    [
      "a missing right for properties",
      { path: "/config/event_sources/custom_properties", status: 403 },
      77,
      "qradar_forbidden",
    ],
  ])("tells %s before anything is sent", async ([, refuse, code, expected], { onTestFinished }) => {
    const at = await scene(onTestFinished);
    at.api.switches.refuse = refuse;
    const run = await qradarCommand(at, "verify");
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(`"code":"${expected}"`);
    expect(run.stderr).toContain('"hint":');
    expect(run.stdout).toBe("");
    expect(await poll(at)).toEqual([]);
  });

  it.for<Refused>([
    ["a search that is refused", { path: "/ariel", status: 422, code: 2000 }, 75, "qradar_refused"],
    ["a search that is gone", { path: "/ariel", status: 404, code: 1002 }, 75, "qradar_refused"],
    ["a missing right to search", { path: "/ariel", status: 403 }, 77, "qradar_forbidden"],
  ])("tells %s", async ([, refuse, code, expected], { onTestFinished }) => {
    const at = await scene(onTestFinished);
    at.api.switches.refuse = refuse;
    const running = qradarCommand(at, "verify");
    await until(() => existsSync(at.handedIn), 10_000, "the lines that are handed in");
    await poll(at);
    const run = await running;
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(`"code":"${expected}"`);
    expect(run.stdout).toBe("");
  });

  it("waits out a console that is busy", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    at.api.switches.refuse = { path: "/ariel", status: 503, code: 1010, times: 1 };
    expect((await verify(at, byPoll)).report.verdict).toBe("right");
  });
});

interface Checked {
  readonly exit: number;
  readonly results: readonly {
    readonly scope: string;
    readonly check: string;
    readonly outcome: string;
    readonly text: string;
    readonly remedy: string | null;
  }[];
}

/** The results about the console: "check: outcome". */
async function checkConsole({ api, config }: Scene) {
  api.calls.length = 0;
  const run = await runProgram(["check", "--json", "--config", config], {
    QRADAR_TOKEN: api.token,
  });
  expect(api.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
  const { results } = JSON.parse(run.stdout) as Checked;
  const own = results.filter(({ scope }) => scope === "console");
  return { own, short: own.map(({ check, outcome }) => `${check}: ${outcome}`) };
}

const WELL = [
  "api: ok",
  "content: ok",
  "log source mimecast-acme: ok",
  "property Mimecast Event UID: ok",
];

describe.concurrent("check, of the console", () => {
  it("is content with what install leaves, and only asks", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished, { collected: false });
    expect((await checkConsole(at)).short).toEqual(WELL);
  });

  it("names content that is older, a log source that differs, and an index that is missing", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished, { collected: false });
    at.api.switches.shownVersion = "0.0.9";
    Object.assign(at.api.logSources[0]!, { coalesce_events: true });
    at.api.switches.indexed = [];
    const { own } = await checkConsole(at);
    const about = (check: string) => own.find((each) => each.check.startsWith(check));
    expect(about("content")).toMatchObject({
      outcome: "warn",
      text: expect.stringMatching(/is version 0\.0\.9, this program's is/),
      remedy: "mimecast-input qradar install",
    });
    expect(about("log source")).toMatchObject({
      outcome: "warn",
      text: expect.stringContaining("coalesce_events"),
    });
    expect(about("property")).toMatchObject({
      outcome: "warn",
      remedy: expect.stringContaining("Index Management"),
    });
  });

  it("skips what the token may not look at, and tells a token that is refused", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished, { collected: false });
    at.api.switches.refuse = { path: "/config/extension_management", status: 403 };
    expect((await checkConsole(at)).short).toEqual(WELL.with(1, "content: skipped"));
    at.api.switches.refuse = { path: "/", status: 401 };
    expect((await checkConsole(at)).short).toEqual(["api: fail"]);
    at.api.switches.refuse = { path: "/ariel", status: 404, code: 1002 };
    expect((await checkConsole(at)).short).toEqual(WELL.with(3, "property: fail"));
  });
});
