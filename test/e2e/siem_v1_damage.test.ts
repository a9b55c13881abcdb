import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { cases } from "../support/amount.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { type Finished, linesOf, runProgram, type Workspace } from "../support/program.ts";
import { zipEntries } from "../support/zip_entries.ts";

/** The built program and archives of API 1.0 that something on the way has damaged. */

const closers = closersOfAll();

const SIEM = "/api/audit/get-siem-logs";
const HTML = Buffer.from("<!DOCTYPE html>\n<html><body>Blocked by policy</body></html>\n");
const QUARANTINE_AFTER = 2;
const POLL = `poll: { interval_secs: 1, quarantine_after: ${QUARANTINE_AFTER}, rate_limits: { other: 5000/1m } }\n`;

/** What becomes of an archive on its way. */
interface Damage {
  readonly bytes: (zip: Buffer) => Buffer;
  readonly type?: string;
}

interface Way {
  readonly url: string;
  /** How often each archive was asked for, the one that is damaged first. */
  readonly asked: Map<string, number>;
  /** As it should have come. */
  good: Buffer | null;
  damage: Damage | null;
}

/** Something between us and Mimecast that damages the first archive as long as `damage` is set. */
async function startWay(fake: Fake, damage: Damage): Promise<Way> {
  const asked = new Map<string, number>();
  const way: { -readonly [K in keyof Way]: Way[K] } = { url: "", asked, good: null, damage };
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      ["host", "connection", "content-length"].includes(name) ? [] : [[name, String(value)]],
    );
    const answer = await fetch(`${fake.url}${request.url}`, {
      method: "POST",
      headers: headers as [string, string][],
      body,
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const given = Object.fromEntries(answer.headers);
    delete given["content-length"];
    const isZip = request.url === SIEM && bytes.subarray(0, 2).toString() === "PK";
    const token = isZip ? String(JSON.parse(body.toString("utf8")).data[0].token ?? "first") : "";
    if (isZip) asked.set(token, (asked.get(token) ?? 0) + 1);
    const isFirst = isZip && [...asked.keys()][0] === token;
    if (!isFirst || way.damage === null)
      return void response.writeHead(answer.status, given).end(bytes);
    way.good = bytes;
    const type = way.damage.type === undefined ? {} : { "content-type": way.damage.type };
    response.writeHead(200, { ...given, ...type }).end(way.damage.bytes(bytes));
  }
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  way.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return way;
}

async function start(damage: Damage): Promise<{
  readonly fake: Fake;
  readonly way: Way;
  readonly workspace: Workspace;
}> {
  const switches = { recordsPerFile: 10, filesPerZip: 3 };
  const records = { siem: 120, audit: 30 };
  const fake = await fakeFor(closers, { api: "1.0", records, switches, seed: 6 });
  const way = await startWay(fake, damage);
  const workspace = workspaceFor(closers);
  const text = configFor(workspace.stateDir, { acme: { fake, api: "1.0" } }, POLL);
  const ours = text.replace(fake.url, way.url);
  workspace.config(ours.replace("    base_url", "    sources: [siem, audit]\n    base_url"));
  return { fake, way, workspace };
}

/** One run that reaches its end; a failed feed is due again after its interval of a second. */
async function poll(workspace: Workspace): Promise<Finished> {
  await new Promise((done) => setTimeout(done, 1_100));
  return runProgram(["poll", "--once"], workspace.env);
}

const idsOf = (...runs: readonly Finished[]) =>
  runs.flatMap(({ stdout }) => linesOf(stdout).flatMap((line) => idOf(line) ?? []));
const codesOf = (run: Finished) =>
  linesOf(run.stderr)
    .map((line) => JSON.parse(line))
    .flatMap(({ level, code }) => (level === "error" && code !== undefined ? [code] : []));

async function idsIn(zip: Buffer): Promise<Set<string>> {
  const entries = await zipEntries(zip);
  const records = entries.flatMap(({ content }) => JSON.parse(content.toString("utf8")).data);
  return new Set(records.map((record: object) => idOf(record) as string));
}

function kept(workspace: Workspace): Buffer[] {
  const folder = `${workspace.stateDir}/acme/quarantine`;
  return readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`));
}

const DAMAGES: readonly (readonly [string, Damage])[] = [
  ["is cut in the middle", { bytes: (zip) => zip.subarray(0, zip.length >> 1) }],
  ["has lost its end", { bytes: (zip) => zip.subarray(0, zip.length - 30) }],
  ["has lost its first bytes", { bytes: (zip) => zip.subarray(2) }],
  ["is empty", { bytes: () => Buffer.alloc(0) }],
  ["is a page that calls itself an archive", { bytes: () => HTML }],
];

describe.concurrent("an archive of API 1.0", () => {
  it.each(cases(DAMAGES, 2))(
    "that %s is asked for again, then kept as a gap, and costs nothing else",
    async (_how, damage) => {
      const { fake, way, workspace } = await start(damage);
      const runs: Finished[] = [];
      for (let run = 1; run <= QUARANTINE_AFTER + 1; run++) runs.push(await poll(workspace));
      const [first, second, last] = runs as [Finished, Finished, Finished];

      expect(first.code).toBe(EXIT.partial);
      expect(codesOf(first)).toHaveLength(1);
      expect(first.stdout).toContain("|health_error|");
      expect(second.stdout).toContain("Gap in siem");
      expect(last.code).toBe(EXIT.ok);
      // In the run itself with a fresh copy, and again in the next one.
      expect([...way.asked.values()][0]).toBeGreaterThan(QUARANTINE_AFTER);

      const zip = way.good as Buffer;
      const lost = await idsIn(zip);
      expect(lost.size).toBeGreaterThan(0);
      const ids = idsOf(...runs);
      expect(ids.toSorted()).toEqual([...fake.ids()].filter((id) => !lost.has(id)).toSorted());
      for (const { stdout } of runs) expect(stdout).not.toContain("malformed");
      expect(kept(workspace)).toEqual([damage.bytes(zip)]);
    },
  );

  it.each(DAMAGES.slice(0, 2))(
    "that %s comes whole in the next run where it comes as it should",
    async (_how, damage) => {
      const { fake, way, workspace } = await start(damage);
      const first = await poll(workspace);
      way.damage = null;
      const second = await poll(workspace);
      expect(second.code).toBe(EXIT.ok);
      expect(idsOf(first, second).toSorted()).toEqual([...fake.ids()].toSorted());
    },
  );

  it("is not given up for a gateway's page, however often that comes", async () => {
    const { fake, way, workspace } = await start({ bytes: () => HTML, type: "text/html" });
    const runs: Finished[] = [];
    for (let run = 1; run <= QUARANTINE_AFTER + 1; run++) runs.push(await poll(workspace));
    for (const run of runs) {
      expect(codesOf(run)).toEqual(["not_mimecast"]);
      expect(run.stdout).not.toContain("Gap in");
    }
    way.damage = null;
    runs.push(await poll(workspace));
    expect(idsOf(...runs).toSorted()).toEqual([...fake.ids()].toSorted());
  });
});
