import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { closersOfAll, workspaceFor } from "../support/closers.ts";
import {
  type Finished,
  finished,
  linesOf,
  runProgram,
  startProgram,
  until,
} from "../support/program.ts";
import {
  SMALL_FILE,
  SMALL_RECORDS,
  type SmallAnswer,
  type SmallOptions,
  smallConfig,
  startSmallMimecast,
} from "../support/small_mimecast.ts";

/** The built program in front of servers that do not come to an end. */

const closers = closersOfAll();

/** Far more than time and grace together, and far less than the timeouts and retries of a request. */
const GENEROUS_MS = 60_000;
const TIME = "poll: { interval_secs: 1, max_run_secs: 2 }\n";

async function setting(options: SmallOptions, more = TIME) {
  const server = await startSmallMimecast(options);
  closers.push(() => server.close());
  const workspace = workspaceFor(closers);
  workspace.config(smallConfig(workspace.stateDir, server.url, { more }));
  return { server, workspace };
}

async function timed(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly run: Finished; readonly ms: number }> {
  const begunMs = performance.now();
  const run = await runProgram(["poll", "--once"], env);
  return { run, ms: performance.now() - begunMs };
}

const errorsOf = (run: Finished) =>
  linesOf(run.stderr)
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === "error");
const recordsOf = (text: string) => linesOf(text).filter((line) => /record \d/.test(line));

/** Writes a piece every two seconds for as long as somebody listens. */
function drip(response: ServerResponse, write: () => void): void {
  write();
  const timer = setInterval(write, 2_000);
  response.on("close", () => clearInterval(timer));
}
/** Goes on for as long as somebody reads: at once with what it has sent before, then slowly. */
function endlessFile(): SmallAnswer {
  let sent = 0;
  async function* records(): AsyncGenerator<string> {
    for (let number = 1; ; number++) {
      yield `{"type":"receipt","subject":"record ${number}"}\n`;
      if (number <= sent) continue;
      sent = number;
      if (number % 100 === 0) await sleep(20);
    }
  }
  return (response) => {
    response.writeHead(200, { "content-type": "application/gzip" });
    pipeline(Readable.from(records()), createGzip({ level: 1 }), response, () => {});
  };
}

const silent: SmallAnswer = () => {};
const drippingBody: SmallAnswer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  drip(response, () => response.write(" "));
};
const drippingFile: SmallAnswer = (response) => {
  const bytes = gzipSync(SMALL_RECORDS.join("\n")).values();
  response.writeHead(200, { "content-type": "application/gzip" });
  drip(response, () => {
    const byte = bytes.next().value;
    if (byte !== undefined) response.write(Uint8Array.of(byte));
  });
};

describe.concurrent("poll --once and max_run_secs", () => {
  it.each<readonly [string, string, SmallAnswer]>([
    ["a token endpoint that is silent", "/oauth/token", silent],
    ["a token answer that drips", "/oauth/token", drippingBody],
    ["an API that is silent", "/siem/v1/batch/events/cg", silent],
    ["an API answer that drips", "/siem/v1/batch/events/cg", drippingBody],
    [
      "an API that is always busy",
      "/siem/v1/batch/events/cg",
      { status: 503, headers: { "retry-after": "60" }, body: "" },
    ],
    ["a download that is silent", SMALL_FILE, silent],
    ["a download that drips", SMALL_FILE, drippingFile],
  ])(
    "%s ends the run in time, as not finished, and loses nothing",
    async (_what, where, answer) => {
      let isBad = true;
      const { workspace } = await setting({
        answer: ({ path }) => (isBad && path === where ? answer : undefined),
      });
      const { run, ms } = await timed(workspace.env);
      expect(ms).toBeLessThan(GENEROUS_MS);
      expect(run.code).toBe(EXIT.ok);
      expect(errorsOf(run)).toEqual([]);
      expect(run.stdout).not.toContain("health_error");
      if (where !== SMALL_FILE) {
        // Green means collected.
        const status = await runProgram(["status", "--json"], workspace.env);
        expect(status.code).toBe(EXIT.partial);
        expect(status.stdout).toContain('"waiting"');
      }
      isBad = false;
      expect(recordsOf((await timed(workspace.env)).run.stdout)).toHaveLength(3);
    },
  );

  it("a gzip file without an end ends the run in time, and every run brings it on", async () => {
    const endless = endlessFile();
    const { workspace } = await setting({
      answer: ({ path }) => (path === SMALL_FILE ? endless : undefined),
    });
    const first = await timed(workspace.env);
    expect(first.ms).toBeLessThan(GENEROUS_MS);
    expect(first.run.code).toBe(EXIT.ok);
    expect(errorsOf(first.run)).toEqual([]);
    const seen = recordsOf(first.run.stdout).length;
    expect(seen).toBeGreaterThan(3);
    const next = await timed(workspace.env);
    expect(next.ms).toBeLessThan(GENEROUS_MS);
    expect(errorsOf(next.run)).toEqual([]);
    const subjects = [first, next].flatMap(({ run }) =>
      recordsOf(run.stdout).map((line) => /record (\d+)/.exec(line)?.[1]),
    );
    // Nothing comes twice, and the next run begins where this one ended.
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(Number(subjects[seen])).toBe(seen + 1);
  });

  it("a shipper that drips its answer ends the run in time, and gets all in the next one", async () => {
    let isBad = true;
    const taken: string[] = [];
    const shipper = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString("utf8");
      if (isBad) {
        const bytes = [..."HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"].values();
        return drip(response, () => request.socket.write(bytes.next().value ?? ""));
      }
      taken.push(...recordsOf(body));
      response.end();
    });
    await new Promise<void>((done) => shipper.listen(0, "127.0.0.1", done));
    closers.push(() => {
      shipper.closeAllConnections();
      shipper.close();
    });
    const { port } = shipper.address() as AddressInfo;
    const output = `output: { http: { url: "http://127.0.0.1:${port}/in", gzip: false } }\n`;
    const { workspace } = await setting({}, `${TIME}${output}`);
    const { run, ms } = await timed(workspace.env);
    expect(ms).toBeLessThan(GENEROUS_MS);
    expect(run.code).toBe(EXIT.delivery);
    expect(errorsOf(run)).toEqual([expect.objectContaining({ code: "delivery_timeout" })]);
    isBad = false;
    await timed(workspace.env);
    expect(taken).toHaveLength(3);
  });
});

it.concurrent("poll --follow is not bounded by max_run_secs", async () => {
  const { server, workspace } = await setting({
    answer: ({ path, before }) =>
      path === SMALL_FILE && before === 0
        ? (response) => void setTimeout(() => response.writeHead(503).end(), 9_000)
        : undefined,
  });
  const child = startProgram(["poll", "--follow"], workspace.env);
  let out = "";
  child.stdout?.on("data", (piece: Buffer) => {
    out += piece;
  });
  const ended = finished(child);
  await until(() => recordsOf(out).length >= 3, 60_000, "the records");
  child.kill("SIGTERM");
  expect((await ended).code).toBe(EXIT.ok);
  expect(server.asked.filter((line) => line.endsWith(SMALL_FILE))).toHaveLength(2);
});
