import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentZip } from "../../scripts/qradar/content_zip.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { closersOfAll, workspaceFor } from "../support/closers.ts";
import { runProgram, type Workspace } from "../support/program.ts";
import { type ApiOptions, type QradarApi, startQradarApi } from "../support/qradar/api.ts";
import { createConsole, shippedConsole } from "../support/qradar/console.ts";
import { onlyType, readContent, SHIPPED } from "../support/qradar/content.ts";
import { exportOf } from "../support/qradar/content_import.ts";
import { readExtension } from "../support/qradar/extension.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";
import { syslogHeader } from "../support/qradar/syslog_header.ts";
import { zipEntries } from "../support/zip_entries.ts";

/** Through the built program: what `qradar install` and `qradar uninstall` make of a console. */

interface Scene {
  readonly api: QradarApi;
  readonly workspace: Workspace;
  readonly config: string;
}

const closers = closersOfAll();

async function scene(options: Partial<ApiOptions> = {}, trusted = true): Promise<Scene> {
  const authority = certificateAuthority();
  const workspace = workspaceFor(closers);
  const ca = join(workspace.folder, "ca.pem");
  writeFileSync(ca, (trusted ? authority : certificateAuthority("Another CA")).cert);
  const api = await startQradarApi({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    logSources: [],
    events: () => [],
    ...options,
  });
  closers.push(() => api.close());
  const account = (name: string) => `
  - name: ${name}
    api: "2.0"
    region: global
    client_id: { env: MIMECAST_ID }
    client_secret: { env: MIMECAST_SECRET }`;
  const config = workspace.config(`state_dir: ${workspace.stateDir}
accounts:${account("acme")}${account("beta")}
qradar: { console: "https://127.0.0.1:${api.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca} }
`);
  return { api, workspace, config };
}

async function qradar({ api, config }: Scene, action: string, ...args: string[]) {
  const run = await runProgram(["qradar", action, "--config", config, ...args], {
    QRADAR_TOKEN: api.token,
  });
  expect(`${run.stdout}${run.stderr}`).not.toContain(api.token);
  return { ...run, report: () => JSON.parse(run.stdout) };
}

/** The shipped content, with another version and one event renamed. */
async function contentOf(version: string, rename: (xml: string) => string): Promise<Buffer> {
  const entries = await zipEntries(readFileSync(SHIPPED.content), { strictNames: true });
  const text = (end: string) =>
    entries.find(({ name }) => name.endsWith(end))!.content.toString("utf8");
  const manifest = JSON.parse(text("manifest.txt"));
  manifest.doc.extension_manifest.version = version;
  const reports = entries.flatMap(({ name, content }): [string, string][] =>
    name.includes("/") ? [[name, content.toString("utf8")]] : [],
  );
  return contentZip(rename(text("Export.xml")), JSON.stringify(manifest), new Map(reports));
}

const tablesOf = ({ holdings }: QradarApi) =>
  new Map([...holdings.tables].map(([name, rows]) => [name, new Map(rows)]));

const SOURCES = [
  ...new Set(goldenLines().map(({ text }) => syslogHeader(text, 0)?.host ?? "")),
].map((identifier) => ({
  name: `Mimecast @ ${identifier}`,
  identifier,
  type: "Mimecast Email Security" as const,
}));
const SHOWN = await shippedConsole(SOURCES);

/** What has to be true of a console after `install`, whatever was there. */
function expectInstalled({ extensions, logSources, pendingDeploy, holdings }: QradarApi): void {
  const type = onlyType(readContent(exportOf(holdings)));
  const installed = extensions().filter(({ status }) => status === "INSTALLED");
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(installed.map((each) => each.version)).toEqual([version]);
  for (const account of ["acme", "beta"]) {
    const [source, ...more] = logSources.filter(({ protocol_parameters: parameters }) =>
      parameters.some(({ value }) => value === `mimecast-${account}`),
    );
    expect(more).toEqual([]);
    expect(source).toMatchObject({
      name: expect.stringMatching(/mimecast/i),
      type_id: Number([...holdings.tables.get("sensordevicetype")!.values()][0]!.id),
      log_source_extension_id: Number([...holdings.tables.get("device_ext")!.values()][0]!.id),
      coalesce_events: false,
      store_event_payload: true,
      enabled: true,
      requires_deploy: false,
    });
  }
  expect(pendingDeploy()).toBe(false);
  // What is installed shows every event as the shipped files do.
  const shown = createConsole(type, readExtension(type.extension!), SOURCES);
  const arrivals = goldenLines().map(({ text: payload }) => {
    return { payload, packetIp: "192.0.2.1", receivedMs: 0 };
  });
  const events = arrivals.map(shown);
  expect(events.filter(({ known }) => known).length).toBeGreaterThan(100);
  expect(events).toEqual(arrivals.map(SHOWN));
}

describe.concurrent("qradar install", () => {
  it("brings an empty console to where our lines are read; a second run says unchanged", async () => {
    const at = await scene();
    const before = tablesOf(at.api);
    const dry = await qradar(at, "install", "--dry-run", "--json");
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.report()).toMatchObject({ changed: true, dry_run: true, deployed: false });
    expect(at.api.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
    expect(tablesOf(at.api)).toEqual(before);

    const first = await qradar(at, "install", "--json");
    expect(first.code, first.stderr).toBe(0);
    expect(first.report()).toMatchObject({
      changed: true,
      console: { release: "7.5.0", api: "20.0" },
      content: { was: null, action: "install" },
      log_sources: [
        { name: "Mimecast @ acme", identifier: "mimecast-acme", action: "create" },
        { name: "Mimecast @ beta", identifier: "mimecast-beta", action: "create" },
      ],
      deployed: true,
    });
    // What would change was asked, and told, before it was done.
    expect(first.report().content.preview).toContainEqual({
      kind: "sensordevicetype",
      action: "ADD",
      count: 1,
    });
    expectInstalled(at.api);

    at.api.calls.length = 0;
    const second = await qradar(at, "install", "--json");
    expect(second.code, second.stderr).toBe(0);
    expect(second.report()).toMatchObject({ changed: false, deployed: false });
    expect(at.api.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
    expect((await qradar(at, "install")).stdout).toMatch(/unchanged\n$/);
  });

  it("updates older content, names of events included", async () => {
    const at = await scene();
    const shipped = onlyType(readContent(await shippedXml()));
    await at.api.bring(
      await contentOf("0.0.9", (xml) => xml.replaceAll("<qname>Mimecast", "<qname>Old")),
    );
    const run = await qradar(at, "install", "--json");
    expect(run.code, run.stderr).toBe(0);
    expect(run.report()).toMatchObject({
      changed: true,
      content: { was: "0.0.9", action: "update" },
    });
    expect(run.report().content.preview).toContainEqual(
      expect.objectContaining({ kind: "qidmap", action: "OVERWRITE" }),
    );
    expectInstalled(at.api);
    expect(onlyType(readContent(exportOf(at.api.holdings))).qids).toEqual(shipped.qids);
  });

  it("never replaces later content", async () => {
    const at = await scene();
    await at.api.bring(await contentOf("99.10.0", (xml) => xml));
    const before = tablesOf(at.api);
    const run = await qradar(at, "install");
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"qradar_newer"');
    expect(tablesOf(at.api)).toEqual(before);
  });

  it("corrects a log source that a person changed, and that of another type; leaves names and others alone", async () => {
    const other = { id: 30, identifier: "router", name: "Router", coalesce_events: true };
    const leef = { id: 31, identifier: "mimecast-beta", name: "Mail gateway" };
    const at = await scene({ logSources: [other, leef] });
    expect((await qradar(at, "install")).code).toBe(0);
    expectInstalled(at.api);
    expect(at.api.logSources).toHaveLength(3);
    const acme = at.api.logSources.find(({ name }) => name === "Mimecast @ acme")!;
    Object.assign(acme, {
      name: "MIMECAST London",
      coalesce_events: true,
      store_event_payload: false,
      log_source_extension_id: null,
    });
    const run = await qradar(at, "install", "--json");
    expect(run.report()).toMatchObject({
      changed: true,
      content: { action: "unchanged" },
      log_sources: [
        {
          name: "MIMECAST London",
          action: "correct",
          fields: ["log_source_extension_id", "coalesce_events", "store_event_payload"],
        },
        { action: "unchanged" },
      ],
      deployed: true,
    });
    expectInstalled(at.api);
    expect(at.api.logSources.find(({ id }) => id === 30)).toMatchObject({
      name: "Router",
      coalesce_events: true,
      type_id: 71,
    });
  });

  it("ends in the same state from older content and a log source that somebody changed; then unchanged", async () => {
    const at = await scene({
      logSources: [
        {
          id: 31,
          identifier: "mimecast-beta",
          name: "Gateway",
          enabled: false,
          group_ids: [100_001],
        },
      ],
    });
    await at.api.bring(
      await contentOf("0.0.9", (xml) => xml.replaceAll("<qname>Mimecast", "<qname>Old")),
    );
    const first = await qradar(at, "install", "--group", "Mail", "--json");
    expect(first.code, first.stderr).toBe(0);
    expectInstalled(at.api);
    // In the group that was made, and in those that it had.
    const groups = at.api.logSources.map(({ group_ids }) => group_ids);
    expect(groups.sort((a, b) => a.length - b.length)).toEqual([[100_002], [100_001, 100_002]]);
    at.api.calls.length = 0;
    const second = await qradar(at, "install", "--group", "Mail", "--json");
    expect(second.report()).toMatchObject({ changed: false, deployed: false });
    expect(at.api.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
  });

  it("deploys what an earlier run has changed and not deployed", async () => {
    const at = await scene();
    at.api.switches.refuse = { path: "/staged_config", status: 403 };
    const first = await qradar(at, "install");
    expect(first.code).toBe(77);
    delete at.api.switches.refuse;
    const second = await qradar(at, "install", "--json");
    expect(second.report()).toMatchObject({ changed: false, deployed: true });
    expectInstalled(at.api);
  });

  it("asks for the event collector before it changes anything, where there are several", async () => {
    const collectors = [
      { id: 7, name: "eventcollector0 :: console" },
      { id: 8, name: "eventcollector101 :: dmz" },
    ];
    const at = await scene({ collectors });
    const run = await qradar(at, "install");
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"qradar_collector"');
    expect(run.stderr).toContain("eventcollector101 :: dmz");
    expect(at.api.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
    const named = await qradar(at, "install", "--collector", "eventcollector101 :: dmz");
    expect(named.code, named.stderr).toBe(0);
    expect(at.api.logSources.map((each) => each.target_event_collector_id)).toEqual([8, 8]);
  });

  it.each([
    ["a token that is refused", { path: "/", status: 401 }, 77, "qradar_token"],
    ["no right for extensions", { path: "/config/extension", status: 403 }, 77, "qradar_forbidden"],
    [
      "a file that is refused",
      { path: "/config/extension", method: "POST", status: 422, code: 22607 },
      75,
      "qradar_refused",
    ],
    [
      "a release that is too old",
      { path: "/config/extension", method: "POST", status: 412, code: 22619 },
      75,
      "qradar_refused",
    ],
    [
      "another task",
      { path: "/config/extension", method: "POST", status: 409, code: 22618 },
      75,
      "qradar_refused",
    ],
  ])("%s: says what to do, and changes nothing", async (_name, refuse, code, expected) => {
    const at = await scene();
    at.api.switches.refuse = refuse;
    const run = await qradar(at, "install");
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(`"code":"${expected}"`);
    expect(run.stderr).toContain('"hint":');
    expect(run.stdout).toBe("");
    expect(at.api.holdings.tables.size).toBe(0);
    expect(at.api.logSources).toEqual([]);
  });

  it.each([
    ["PREVIEW", "EXCEPTION"],
    ["INSTALL", "CANCELLED"],
  ] as const)(
    "tells a %s that ends with %s, and goes on where it was the next time",
    async (action, status) => {
      const at = await scene();
      at.api.switches.failingTask = { action, status };
      const run = await qradar(at, "install");
      expect(run.code).toBe(75);
      expect(run.stderr).toContain('"code":"qradar_task"');
      expect(run.stderr).toContain(status);
      expect(at.api.logSources).toEqual([]);
      delete at.api.switches.failingTask;
      expect((await qradar(at, "install")).code).toBe(0);
      expectInstalled(at.api);
      expect(at.api.extensions()).toHaveLength(1);
    },
  );

  it("tells a deployment that a host did not take", async () => {
    const at = await scene();
    at.api.switches.failingHost = true;
    const run = await qradar(at, "install");
    expect(run.code).toBe(75);
    expect(run.stderr).toContain('"code":"qradar_task"');
    expect(run.stderr).toContain("192.0.2.10 TIMED_OUT");
  });

  it("does not wait for ever", async () => {
    const at = await scene();
    at.api.switches.endlessTasks = true;
    const run = await qradar(at, "install", "--wait-secs", "1");
    expect(run.code).toBe(75);
    expect(run.stderr).toContain('"code":"qradar_task"');
  });

  it("waits out a console that is busy", async () => {
    const at = await scene();
    at.api.switches.refuse = { path: "/config", status: 503, times: 1 };
    expect((await qradar(at, "install")).code).toBe(0);
    expectInstalled(at.api);
  });

  it("gives its token to no console whose certificate nobody trusts", async () => {
    const at = await scene({}, false);
    const run = await qradar(at, "install");
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('"code":"tls');
    expect(at.api.calls).toEqual([]);
  });
});

describe.concurrent("qradar uninstall", () => {
  it("leaves a console as it was before install; a second run says unchanged", async () => {
    const router = { id: 30, identifier: "router", name: "Router" };
    const at = await scene({ logSources: [router] });
    expect((await qradar(at, "install")).code).toBe(0);
    const dry = await qradar(at, "uninstall", "--dry-run", "--json");
    expect(dry.report()).toMatchObject({ changed: true, dry_run: true });
    expectInstalled(at.api);
    const run = await qradar(at, "uninstall", "--json");
    expect(run.code, run.stderr).toBe(0);
    expect(run.report()).toMatchObject({
      changed: true,
      removed_log_sources: ["Mimecast @ acme", "Mimecast @ beta"],
      type_left: false,
    });
    expect([...at.api.holdings.tables.values()].flatMap((rows) => [...rows])).toEqual([]);
    expect(at.api.logSources.map(({ name }) => name)).toEqual(["Router"]);
    expect(at.api.pendingDeploy()).toBe(false);
    const second = await qradar(at, "uninstall", "--json");
    expect(second.report()).toMatchObject({ changed: false });
    expect((await qradar(at, "install")).code).toBe(0);
    expectInstalled(at.api);
  });

  it("touches nothing while a log source of somebody else has the type", async () => {
    const at = await scene({ logSources: [{ id: 31, identifier: "mimecast-beta" }] });
    expect((await qradar(at, "install")).code).toBe(0);
    const before = tablesOf(at.api);
    const run = await qradar(at, "uninstall");
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"qradar_in_use"');
    expect(run.stderr).toContain("Mimecast @ mimecast-beta");
    expect(tablesOf(at.api)).toEqual(before);
    expect(at.api.logSources).toHaveLength(2);
  });
});

async function shippedXml(): Promise<string> {
  const entries = await zipEntries(readFileSync(SHIPPED.content), { strictNames: true });
  return entries.find(({ name }) => name.endsWith(".xml"))!.content.toString("utf8");
}
