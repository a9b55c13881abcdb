import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { certificateAuthority } from "../support/certificates.ts";
import { createWorkspace, runProgram } from "../support/program.ts";
import { type QradarApi, startQradarApi } from "../support/qradar/api.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";
import { installedConsole } from "../support/qradar/installed_console.ts";

/** Through the built program: a console that takes no extension. */

interface Scene {
  readonly api: QradarApi;
  readonly config: string;
}

async function scene(atEnd: (close: () => void | Promise<void>) => void): Promise<Scene> {
  const authority = certificateAuthority();
  const workspace = createWorkspace();
  atEnd(() => workspace.remove());
  const ca = join(workspace.folder, "ca.pem");
  writeFileSync(ca, authority.cert);
  const tls = authority.issue({ hosts: ["127.0.0.1"] });
  const api = await startQradarApi({ tls, logSources: [], events: () => [], properties: [] });
  atEnd(() => api.close());
  api.switches.refuse = { path: "/config/extension_management", status: 403 };
  const config = workspace.config(`state_dir: ${workspace.stateDir}
accounts:
  - name: acme
    api: "2.0"
    region: global
    client_id: { env: MIMECAST_ID }
    client_secret: { env: MIMECAST_SECRET }
qradar: { console: "https://127.0.0.1:${api.port}", token: { env: QRADAR_TOKEN }, ca_file: ${ca} }
`);
  return { api, config };
}

async function install({ api, config }: Scene, ...args: string[]) {
  const run = await runProgram(["qradar", "install", "--config", config, ...args], {
    QRADAR_TOKEN: api.token,
  });
  return { ...run, report: () => JSON.parse(run.stdout) };
}

/** Every golden line of the account's host has a name of ours and its properties. */
function expectShown(api: QradarApi): void {
  const show = installedConsole(api);
  const lines = goldenLines().filter(({ text }) => text.includes(" mimecast-acme LEEF:2.0"));
  expect(lines.length).toBeGreaterThan(50);
  for (const { text: payload, leef } of lines) {
    const { shown, logSourceId } = show({ payload, packetIp: "203.0.113.1", receivedMs: 0 });
    expect(logSourceId).toBe(api.logSources[0]!.id);
    expect(shown.eventName, payload).toMatch(/^Mimecast /);
    expect(shown.properties.get("Mimecast Event UID")).toBe(leef.attributes.get("eventUid"));
  }
}

const changes = ({ calls }: QradarApi) => calls.filter((call) => !call.startsWith("GET "));

describe.concurrent("qradar install --piecewise", () => {
  it("is named where the token may not bring extensions", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    const run = await install(at);
    expect(run.code).toBe(77);
    expect(run.stderr).toContain('"code":"qradar_forbidden"');
    expect(run.stderr).toContain("qradar install --piecewise");
  });

  it("brings names, mappings and properties one by one; a second run says unchanged", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    const dry = await install(at, "--piecewise", "--dry-run", "--json");
    expect(dry.code, dry.stderr).toBe(0);
    expect(changes(at.api)).toEqual([]);
    const first = await install(at, "--piecewise", "--json");
    expect(first.code, first.stderr).toBe(0);
    expect(first.report()).toMatchObject({
      changed: true,
      content: { action: "install", preview: dry.report().content.preview },
      log_sources: [{ identifier: "mimecast-acme", action: "create" }],
      not_brought: expect.arrayContaining([expect.stringContaining("rules")]),
      deployed: true,
    });
    expect(at.api.logSources).toMatchObject([{ type_id: 71, coalesce_events: false }]);
    expectShown(at.api);

    at.api.calls.length = 0;
    const second = await install(at, "--piecewise", "--json");
    expect(second.report()).toMatchObject({ changed: false, content: { action: "unchanged" } });
    expect(changes(at.api)).toEqual([]);
  });

  it("ends in the same state where somebody has changed it, or an earlier run was interrupted", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    at.api.switches.refuse = {
      path: "/config/event_sources/custom_properties/regex",
      method: "POST",
      status: 422,
      code: 1005,
    };
    const broken = await install(at, "--piecewise");
    expect(broken.code).toBe(75);
    expect(broken.stderr).toContain('"code":"qradar_refused"');
    delete at.api.switches.refuse;
    const { qids, mappings, expressions } = at.api.classification;
    const names = qids.length;
    Object.assign(qids[0]!, { severity: 10 });
    mappings[1]!.qid_record_id = qids[5]!.id;
    const run = await install(at, "--piecewise", "--json");
    expect(run.code, run.stderr).toBe(0);
    expect(run.report().content).toMatchObject({
      action: "update",
      preview: expect.arrayContaining([
        { kind: "event names", action: "OVERWRITE", count: 1 },
        { kind: "event mappings", action: "OVERWRITE", count: 1 },
      ]),
    });
    expect(qids).toHaveLength(names);
    expect(qids[0]!.severity).not.toBe(10);
    expect(expressions.every(({ kind }) => kind === "leef")).toBe(true);
    expectShown(at.api);
    expect((await install(at, "--piecewise", "--json")).report()).toMatchObject({ changed: false });
  });

  it("goes by regular expression where the console knows no LEEF keys", async ({
    onTestFinished,
  }) => {
    const at = await scene(onTestFinished);
    at.api.switches.noLeefExpressions = true;
    expect((await install(at, "--piecewise")).code).toBe(0);
    expect(at.api.classification.expressions.every(({ kind }) => kind === "regex")).toBe(true);
    expectShown(at.api);
    expect((await install(at, "--piecewise", "--json")).report()).toMatchObject({ changed: false });
  });

  it("is refused where the extension is there", async ({ onTestFinished }) => {
    const at = await scene(onTestFinished);
    delete at.api.switches.refuse;
    expect((await install(at)).code).toBe(0);
    const run = await install(at, "--piecewise");
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('"code":"qradar_piecewise"');
    expect(at.api.classification.qids).toEqual([]);
  });
});
