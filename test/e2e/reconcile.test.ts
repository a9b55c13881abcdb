import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lineFacts } from "../../plugin/commands/reconcile/line_facts.ts";
import { TEST_UID } from "../../plugin/commands/test_uid.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { linesOf, runProgram, type Workspace } from "../support/program.ts";
import { type QradarApi, startQradarApi } from "../support/qradar/api.ts";
import type { SearchedEvent } from "../support/qradar/aql_where.ts";
import { shippedConsole } from "../support/qradar/console.ts";

/** Through the built program: a console that lacks some of what was delivered, and an export of its ids. */

const HOST = "mimecast-acme";
const factsOf = (line: string) => lineFacts(line, { format: "leef", delimiter: "^" });
const uidOf = (line: string) => factsOf(line)?.uid ?? "";
const hourOf = (line: string) => Math.floor((factsOf(line)?.timeMs ?? 0) / 3_600_000);
/** Every third line or so is lost between the shipper and QRadar; no pattern of hours or feeds. */
const isLost = (line: string) => Number.parseInt(uidOf(line).slice(0, 4), 16) % 3 === 0;

interface Scene {
  readonly fake: Fake;
  readonly api: QradarApi;
  readonly workspace: Workspace;
  readonly config: string;
  /** Lines that have arrived at QRadar. */
  readonly arrived: string[];
  /** All lines of the poll. */
  readonly delivered: readonly string[];
  /** Up to here every feed counts as collected. */
  readonly until: string;
}

const closers = closersOfAll();

async function scene(
  api: "1.0" | "2.0",
  records: Readonly<Record<string, number>>,
): Promise<Scene> {
  const fake = await fakeFor(closers, { api, seed: 9, records });
  const authority = certificateAuthority();
  const workspace = workspaceFor(closers);
  const ca = join(workspace.folder, "ca.pem");
  writeFileSync(ca, authority.cert);
  const arrived: string[] = [];
  const show = await shippedConsole([
    { name: "Mimecast @ acme", identifier: HOST, type: "Universal LEEF" },
  ]);
  const events = (): SearchedEvent[] =>
    arrived.map((payload) => ({
      shown: show({ payload, packetIp: "192.0.2.1", receivedMs: Date.now() }),
      payload,
      logSourceId: 112,
    }));
  const console = await startQradarApi({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    logSources: [
      { id: 7, identifier: "other" },
      { id: 112, identifier: HOST },
    ],
    events,
  });
  closers.push(() => console.close());
  const more = `poll: { start: 7d }\nqradar: { console: "https://127.0.0.1:${console.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca} }\n`;
  const config = workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
  const untilMs = Date.now() - 3_600_000;
  const run = await runProgram(["poll", "--once", "--config", config], {});
  expect(run.code, run.stderr).toBe(0);
  const delivered = linesOf(run.stdout).filter(
    (line) => (factsOf(line)?.timeMs ?? 0) < untilMs && !line.includes("|health_"),
  );
  const until = new Date(untilMs).toISOString();
  return { fake, api: console, workspace, config, arrived, delivered, until };
}

interface Report {
  readonly verdict: string;
  readonly at_mimecast: number;
  readonly missing: number;
  readonly twice: number;
  readonly unknown_to_mimecast: number;
  readonly missing_records: readonly { readonly uid: string; readonly cause: string }[];
  readonly not_listed: readonly unknown[];
}

async function reconcile({ config, api, until }: Scene, ...args: string[]) {
  const env = { QRADAR_TOKEN: api.token };
  const run = await runProgram(
    [
      "reconcile",
      "--config",
      config,
      "--since",
      "8d",
      "--until",
      until,
      "--budget",
      "100",
      ...args,
    ],
    env,
  );
  expect(`${run.stdout}${run.stderr}`).not.toContain(api.token);
  return { ...run, report: () => JSON.parse(run.stdout) as Report };
}

const RECORDS = { siem: 400, audit: 60, ttp_url: 80, ttp_impersonation: 30 };

describe.concurrent("reconcile", () => {
  it("names exactly what the console lacks, sends exactly that, and is then complete", async () => {
    const at = await scene("2.0", RECORDS);
    const lost = at.delivered.filter(isLost);
    at.arrived.push(...at.delivered.filter((line) => !isLost(line)));
    // A test event is none of Mimecast's records.
    const [line = ""] = at.delivered;
    at.arrived.push(line.replace(uidOf(line), `${TEST_UID}0123456700000001`));
    // One came twice.
    at.arrived.push(at.arrived[0]!);

    const first = await reconcile(at, "--json");
    expect(first.code, first.stderr).toBe(1);
    const report = first.report();
    expect(report.not_listed).toEqual([]);
    expect(report.missing_records.map(({ uid }) => uid).sort()).toEqual(lost.map(uidOf).sort());
    expect(report).toMatchObject({
      verdict: "incomplete",
      at_mimecast: at.delivered.length,
      missing: lost.length,
      twice: 1,
      unknown_to_mimecast: 0,
    });
    expect(at.api.open()).toBe(0);

    const healing = await reconcile(at, "--heal");
    expect(healing.code, healing.stderr).toBe(75);
    expect(linesOf(healing.stdout).sort()).toEqual([...lost].sort());
    expect(healing.stderr).toContain("sent again");
    at.arrived.push(...linesOf(healing.stdout));

    const second = await reconcile(at, "--json");
    expect(second.code, second.stderr).toBe(0);
    expect(second.report()).toMatchObject({ verdict: "complete", missing: 0 });
  });

  it("asks for ids only in hours whose numbers differ, and of a complete console for none", async () => {
    const at = await scene("2.0", { audit: 400 });
    at.arrived.push(...at.delivered);
    const { code, stderr } = await reconcile(at, "--json");
    expect(code, stderr).toBe(0);
    expect(at.api.searches).toHaveLength(1);
    // From an hour that has another one: of an hour without any there is nothing to ask.
    const hours = at.arrived.map(hourOf);
    at.arrived.splice(
      hours.findIndex((hour, index) => hours.indexOf(hour) < index),
      1,
    );
    expect((await reconcile(at)).code).toBe(1);
    expect(at.api.searches).toHaveLength(3);
  });

  it("takes an export instead of the console", async () => {
    const at = await scene("2.0", { siem: 200, ttp_url: 40 });
    const file = join(at.workspace.folder, "export.csv");
    const rows = at.delivered.filter((line) => !isLost(line)).map((line) => `x,${uidOf(line)}`);
    writeFileSync(file, `Time,Mimecast Event UID\n${rows.join("\n")}\n`);
    const { report, code } = await reconcile(at, "--uids", file, "--json");
    expect(code).toBe(1);
    const lost = at.delivered.filter(isLost).map(uidOf);
    expect(
      report()
        .missing_records.map(({ uid }) => uid)
        .sort(),
    ).toEqual(lost.sort());
    expect(at.api.searches).toEqual([]);
  });

  it("says what Mimecast does not give again by time, and is then undecided", async () => {
    const at = await scene("1.0", { siem: 60, audit: 40 });
    at.arrived.push(...at.delivered);
    const { code, stdout } = await reconcile(at);
    expect(code).toBe(75);
    expect(stdout).toContain("not compared: siem");
    expect(stdout).toContain("undecided");
  });

  it.each([
    ["a token that has expired", { path: "/ariel", status: 401 }, "qradar_token"],
    ["a right that is missing", { path: "/config", status: 403 }, "qradar_forbidden"],
    [
      "a search that is refused",
      { path: "/ariel/searches", status: 422, code: 2000 },
      "qradar_refused",
    ],
  ])("tells %s, and is never complete by mistake", async (_name, refuse, code) => {
    const at = await scene("2.0", { audit: 20 });
    at.arrived.push(...at.delivered);
    at.api.switches.refuse = refuse;
    const run = await reconcile(at);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`"code":"${code}"`);
    expect(run.stdout).toBe("");
  });

  it("waits out a console that is busy, and ends a search that never ends, deleting it", async () => {
    const at = await scene("2.0", { audit: 20 });
    at.arrived.push(...at.delivered);
    at.api.switches.refuse = { path: "/ariel", status: 503, code: 1010, times: 1 };
    expect((await reconcile(at)).code).toBe(0);
    at.api.switches.endless = true;
    const run = await reconcile(at, "--search-secs", "1");
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('"code":"qradar_search"');
    expect(at.api.open()).toBe(0);
  });
});
