import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { lineFacts } from "../../plugin/commands/reconcile/line_facts.ts";
import { certificateAuthority } from "./certificates.ts";
import type { Closers } from "./closers.ts";
import { configFor } from "./fake_config.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { createWorkspace, linesOf, runProgram, type Workspace } from "./program.ts";
import { type QradarApi, startQradarApi } from "./qradar/api.ts";
import type { SearchedEvent } from "./qradar/aql_where.ts";
import { shippedConsole } from "./qradar/console.ts";

/** Of the syslog header of account "acme". */
export const HOST = "mimecast-acme";
/** The facts of a line. */
export const factsOf = (line: string) => lineFacts(line, { format: "leef", delimiter: "^" });
/** The `eventUid` of a line. */
export const uidOf = (line: string) => factsOf(line)?.uid ?? "";
/** Hours since 1970 of a line. */
export const hourOf = (line: string) => Math.floor((factsOf(line)?.timeMs ?? 0) / 3_600_000);
/** Every third line or so is lost between the shipper and QRadar; no pattern of hours or feeds. */
export const isLost = (line: string) => Number.parseInt(uidOf(line).slice(0, 4), 16) % 3 === 0;

/** A tenant, a console and what has arrived there. */
export interface Scene {
  readonly fake: Fake;
  readonly api: QradarApi;
  readonly workspace: Workspace;
  readonly config: string;
  /** Lines that have arrived at QRadar. */
  readonly arrived: string[];
  /** All lines of the poll. */
  readonly delivered: readonly string[];
  /** What is compared: nothing that Mimecast may delete meanwhile, and nothing that is too young. */
  readonly since: string;
  readonly until: string;
  /** The last reconciliation by schedule was a day ago. */
  makeDue(): void;
}

/** More than the usual. */
export interface SceneOptions {
  /** Further keys of `poll`. */
  readonly poll?: string;
  /** Below `qradar`. */
  readonly reconcile?: string;
  /** Default: everything is collected, and known to be taken. */
  readonly polls?: number;
  readonly seed?: number;
  readonly switches?: FakeOptions["switches"];
  /** With a metrics file in the workspace. */
  readonly metrics?: boolean;
}

/** Starts it; `closers` end it. */
export async function scene(
  closers: Closers,
  api: "1.0" | "2.0",
  records: Readonly<Record<string, number>>,
  {
    poll: further = "",
    reconcile,
    polls = 2,
    seed = 9,
    switches = {},
    metrics = false,
  }: SceneOptions = {},
): Promise<Scene> {
  const fake = await startFake({ api, seed, records, switches });
  closers.push(() => fake.close());
  const authority = certificateAuthority();
  const workspace = createWorkspace();
  closers.push(() => workspace.remove());
  const ca = join(workspace.folder, "ca.pem");
  writeFileSync(ca, authority.cert);
  const arrived: string[] = [];
  const show = await shippedConsole([
    { name: "Mimecast @ acme", identifier: HOST, type: "Universal LEEF" },
  ]);
  const known = new Map<string, SearchedEvent>();
  const eventOf = (payload: string): SearchedEvent => {
    const shown = () => show({ payload, packetIp: "192.0.2.1", receivedMs: Date.now() });
    const event = known.get(payload) ?? { shown: shown(), payload, logSourceId: 112 };
    known.set(payload, event);
    return event;
  };
  const events = () => arrived.map(eventOf);
  const console = await startQradarApi({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    logSources: [
      { id: 7, identifier: "other" },
      { id: 112, identifier: HOST },
    ],
    events,
  });
  closers.push(() => console.close());
  const schedule = reconcile === undefined ? "" : `, reconcile: ${reconcile}`;
  const qradar = `{ console: "https://127.0.0.1:${console.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca}${schedule} }`;
  const more = `poll: { start: 7d${further} }\nqradar: ${qradar}\n${metrics ? `metrics_file: ${join(workspace.folder, "metrics.prom")}\n` : ""}`;
  const config = workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
  const untilMs = Date.now() - 3_600_000;
  const sinceMs = untilMs - 166 * 3_600_000;
  const lines: string[] = [];
  // What the last run has written counts as taken once the same shipper starts the next.
  for (let left = polls; left > 0; left--) lines.push(...(await pollOnce(config)));
  const delivered = lines.filter((line) => isBetween(sinceMs, untilMs, line));
  const [since, until] = [sinceMs, untilMs].map((ms) => new Date(ms).toISOString()) as [
    string,
    string,
  ];
  const makeDue = () => {
    const path = join(workspace.stateDir, "acme", "reconciled");
    const last = JSON.parse(readFileSync(path, "utf8")) as { readonly atMs: number };
    writeFileSync(path, JSON.stringify({ ...last, atMs: last.atMs - 86_400_000 }));
  };
  return { fake, api: console, workspace, config, arrived, delivered, since, until, makeDue };
}

function isBetween(fromMs: number, toMs: number, line: string): boolean {
  const { timeMs = 0 } = factsOf(line) ?? {};
  return timeMs >= fromMs && timeMs < toMs;
}

/** One run; its lines, without those about itself. `codes`: it may end with. */
export async function pollOnce(config: string, codes: readonly number[] = [0]): Promise<string[]> {
  const run = await runProgram(["poll", "--once", "--config", config], {});
  expect(codes, run.stderr).toContain(run.code);
  return linesOf(run.stdout).filter((line) => !line.includes("|health_"));
}

/** The report of `reconcile --json`. */
export interface Report {
  readonly verdict: string;
  readonly at_mimecast: number;
  readonly missing: number;
  readonly twice: number;
  readonly unknown_to_mimecast: number;
  readonly not_yet_collected: number;
  readonly healed: number | null;
  readonly missing_records: readonly { readonly uid: string; readonly cause: string }[];
  readonly not_listed: readonly unknown[];
}

/** Runs `reconcile` over the days of the scene. */
export async function reconcile({ config, api, since, until }: Scene, ...args: string[]) {
  const env = { QRADAR_TOKEN: api.token };
  const run = await runProgram(
    [
      "reconcile",
      "--config",
      config,
      "--since",
      since,
      "--until",
      until,
      "--budget",
      "100",
      "--wait-secs",
      "0",
      ...args,
    ],
    env,
  );
  expect(`${run.stdout}${run.stderr}`).not.toContain(api.token);
  return { ...run, report: () => JSON.parse(run.stdout) as Report };
}
