import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFetch } from "../../plugin/client/undici_fetch.ts";
import { fileDelivery } from "../../plugin/deliver/file.ts";
import { httpDelivery } from "../../plugin/deliver/http.ts";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { closersOfEach, qradarFor, workspaceFor } from "../support/closers.ts";
import { until, type Workspace } from "../support/program.ts";
import {
  EXAMPLES,
  exampleOf,
  freePort,
  hasShipper,
  mustHave,
  outputFor,
  portsOf,
  type ShipperName,
  startShipper,
  type Way,
} from "../support/shippers.ts";

/** The golden lines through each shipper by each way, as its example is: QRadar must get every byte of them. */

const FOLDER = "test/golden/lines";
const GOLDEN = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".leef"))
  .flatMap((name) => readFileSync(join(FOLDER, name), "latin1").split("\n"))
  .filter((line) => line !== "");
/** What shippers like to escape, to fill in, to trim and to cut. */
const HARD = [
  "tab=a\tb^backslash=C:\\new\\#011\\u0041\\",
  'macro=$MSG $HOST $(id) %msg% {{ message }} {message}^quote="\'`^json={"a": [1]}',
  `beyond=${Buffer.from("é ü 漢字 🙂 \u202e\u0085", "utf8").toString("latin1")}`,
  "space=  two  and at the end  ",
  "x".repeat(3_900),
].map(
  (text) =>
    `<134>1 2026-01-02T03:04:05.678Z mimecast-acme LEEF:2.0|Mimecast|Email Security|2.0|audit|^|${text}`,
);
const LINES = [...GOLDEN, ...HARD];
/** A program under `exec` comes to its end and is started again: it must say each line once. */
const SHORTEN: Readonly<Partial<Record<ShipperName, Readonly<Record<string, string>>>>> = {
  "fluent-bit": { "interval_sec: 60": "interval_sec: 1" },
};

const closers = closersOfEach();

/** What the collector's syslog exporter makes of a line: a header of RFC 3164, of priority, time and host; the rest as it is. */
function collectorLine(line: string): string {
  const [, priority = "", time = "", rest = ""] = /^<(\d+)>1 (\S+) (.*)$/.exec(line) ?? [];
  // "Fri, 02 Jan 2026 03:04:05 GMT"
  const [, day, month, , clock] = new Date(time).toUTCString().split(" ");
  return `<${priority}>${month} ${String(Number(day)).padStart(2)} ${clock} ${rest}`;
}

/** A program that writes the lines once to its stdout, and waits where the shipper keeps it running. */
function standIn({ folder }: Workspace): void {
  const path = join(folder, "bin", "mimecast-input");
  rmSync(path);
  const lines = join(folder, "lines");
  writeFileSync(lines, Buffer.from(`${LINES.join("\n")}\n`, "latin1"));
  const once = `if mkdir ${join(folder, "written")} 2>/dev/null; then cat ${lines}; fi`;
  const text = `#!/bin/sh\n${once}\ncase "$*" in *--follow*) exec sleep 1000 ;; esac\n`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** Delivers the lines as the program does. */
async function deliver(way: Way, name: ShipperName, folder: string, port: number): Promise<void> {
  const bytes = Buffer.from(`${LINES.join("\n")}\n`, "latin1");
  const world = {
    files: nodeFiles(),
    fetch: createFetch({ connectTimeoutMs: 10_000, env: {} }),
    now: Date.now,
    random: Math.random,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    log: () => {},
  };
  if (way === "file") {
    const options = { mode: 0o640, group: null, keepMs: null };
    const sizes = { rotateBytes: 1_048_576, maxTotalBytes: 1_073_741_824 };
    const path = join(folder, "out", "events.leef");
    const file = await fileDelivery(world, { path, ...options, ...sizes }, () => {});
    await file.write(bytes);
    await file.flush();
    return file.close?.();
  }
  const url = `http://127.0.0.1:${port}/${way === "otlp" ? "v1/logs" : ""}`;
  const body = way === "otlp" ? "otlp_protobuf" : name === "fluent-bit" ? "json" : "lines";
  const limits = { maxBatchBytes: 524_288, timeoutMs: 60_000, endMs: Date.now() + 300_000 };
  const form = { kind: way === "otlp" ? "otlp" : "http", url, body, gzip: true } as const;
  const options = { ...form, ...limits, authorization: null, syslogAttributes: name === "otelcol" };
  await httpDelivery(world, options, new AbortController().signal).write(bytes);
}

for (const [name, ways] of Object.entries(EXAMPLES) as [ShipperName, object][]) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`the golden lines through ${name}`, () => {
    it.each(Object.keys(ways) as Way[])("%s: arrive byte for byte", async (way) => {
      const qradar = await qradarFor(closers, { maxPayloadBytes: 32_000 });
      const workspace = workspaceFor(closers);
      const port = await freePort();
      outputFor(name, way, { folder: workspace.folder, port });
      if (way === "exec") standIn(workspace);
      const changes = way === "exec" ? SHORTEN[name] : portsOf(way, port, name);
      const example = exampleOf(name, way);
      const shipper = await startShipper(name, workspace, qradar.port, changes, example);
      closers.push(() => shipper.kill());
      if (way !== "exec") await deliver(way, name, workspace.folder, port);
      await until(() => qradar.count >= LINES.length, 60_000, "every line").catch((error) => {
        throw new Error(`${error.message}: ${qradar.count}\n${shipper.said().slice(-2_000)}`);
      });
      const got = qradar.events.map(({ bytes }) => bytes.toString("latin1"));
      const wanted = name === "otelcol" ? LINES.map(collectorLine) : LINES;
      const missing = wanted.filter((line) => !got.includes(line));
      const other = got.filter((line) => !wanted.includes(line));
      expect({ missing: missing.slice(0, 3), other: other.slice(0, 3) }).toEqual({
        missing: [],
        other: [],
      });
      expect(got.toSorted()).toEqual(wanted.toSorted());
      await shipper.stop();
    });
  });
}
