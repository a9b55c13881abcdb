import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Way } from "../../plugin/commands/lint/expected.ts";
import { EXAMPLES } from "../../plugin/commands/snippet/ways.ts";
import type { ShipperName } from "../../plugin/config/shipper.ts";
import { onPath, until, type Workspace } from "./program.ts";

export type { ShipperName, Way };
export { EXAMPLES };

const PROGRAMS: Readonly<Partial<Record<ShipperName, string>>> = { rsyslog: "rsyslogd" };

/** A running shipper. */
export interface Shipper {
  readonly pid: number;
  /** Asks it to stop, as a service manager does, and waits for it. */
  stop(): Promise<void>;
  /** SIGKILL, to the shipper alone. */
  kill(): Promise<void>;
  /** What it said on stderr and stdout. */
  said(): string;
}

/** Path of an example. */
export function exampleOf(name: ShipperName, way: Way): string {
  return `config-examples/${EXAMPLES[name][way]}`;
}

/** True where the shipper is on PATH (Debian keeps syslog-ng in sbin). */
export function hasShipper(name: ShipperName): boolean {
  return onPath(PROGRAMS[name] ?? name);
}

/**
 * Shippers that must be there, from MIMECAST_INPUT_TEST_SHIPPERS (a list separated by blanks, set by .ci/run).
 * A test of one of these fails instead of being skipped.
 */
export function mustHave(name: ShipperName): boolean {
  return (process.env.MIMECAST_INPUT_TEST_SHIPPERS ?? "").split(/\s+/).includes(name);
}

/** Starts a shipper with a file of config-examples/; `shorten` replaces texts (an interval) for the test. */
export async function startShipper(
  name: ShipperName,
  workspace: Workspace,
  qradarPort: number,
  shorten: Readonly<Record<string, string>> = {},
  example = exampleOf(name, "exec"),
): Promise<Shipper> {
  const buffer = join(workspace.folder, "shipper-buffer");
  mkdirSync(buffer, { recursive: true });
  const env = {
    ...workspace.env,
    QRADAR_HOST: "127.0.0.1",
    QRADAR_PORT: String(qradarPort),
  };
  const file = exampleFile(example, workspace, (text) =>
    local(replaced(text, shorten, example), buffer, qradarPort).replaceAll(
      "/var/log/mimecast-input",
      join(workspace.folder, "out"),
    ),
  );
  const child = spawn(PROGRAMS[name] ?? name, args(name, file, workspace), {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const note = (piece: Buffer) => {
    said = (said + piece.toString("utf8")).slice(-100_000);
  };
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${name}`);
  return {
    pid,
    said: () => said,
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
  };
}

/** Below the ports that the system gives away: nobody gets one before the shipper listens. Each worker has its own. */
let nextPort = 10_000 + 1_000 * Number(process.env.VITEST_POOL_ID ?? 0);

/** A port of this host that nobody listens at. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once("error", () => done(false));
      server.listen(port, "127.0.0.1", () => done(true));
    });
    if (!isFree) continue;
    await new Promise<void>((done) => server.close(() => done()));
    return port;
  }
}

/** `output` of the configuration for a way into a shipper of the test. Makes the folder of the file. */
export function outputFor(
  name: ShipperName | "model",
  way: Way,
  { folder, port, more = "" }: { readonly folder: string; readonly port: number; more?: string },
): string {
  const url = `http://127.0.0.1:${port}`;
  const syslog = name === "otelcol" ? ", syslog_attributes: true" : "";
  switch (way) {
    case "exec":
      return "";
    case "file":
      mkdirSync(join(folder, "out"), { recursive: true });
      return `output: { file: { path: ${join(folder, "out", "events.leef")}, rotate_bytes: 1048576, max_total_bytes: 17592186044416${more} } }\n`;
    case "http":
      return `output: { http: { url: "${url}/"${name === "fluent-bit" ? ", body: json" : ""} } }\n`;
    case "otlp":
      return `output: { otlp: { url: "${url}/v1/logs"${syslog} } }\n`;
  }
}

/** The port in an example of a way, and the test's: what startShipper() is to replace. */
export function portsOf(
  way: Way,
  port: number,
  name: ShipperName,
): Readonly<Record<string, string>> {
  const grpc = name === "vector" ? { "127.0.0.1:4317": "127.0.0.1:0" } : {};
  if (way === "otlp") return { ...grpc, "4318": String(port) };
  if (way !== "http") return {};
  return name === "vector"
    ? { "127.0.0.1:8080": `127.0.0.1:${port}` }
    : { "port: 9880": `port: ${port}` };
}

/** Runs `poll --follow` on its own, and again whenever it ends, as a service manager does. */
export function keepRunning(workspace: Workspace): { stop(): Promise<void> } {
  let isWanted = true;
  let child: ChildProcess | null = null;
  let ended = Promise.resolve();
  const start = () => {
    const path = join(workspace.folder, "bin", "mimecast-input");
    const started = spawn(path, ["poll", "--follow"], { env: workspace.env, stdio: "ignore" });
    child = started;
    ended = new Promise((done) => {
      started.once("close", () => {
        if (!isWanted) return done();
        setTimeout(() => {
          if (isWanted) start();
          done();
        }, 200);
      });
    });
  };
  start();
  return {
    async stop() {
      isWanted = false;
      child?.kill("SIGTERM");
      await ended;
    },
  };
}

function exampleFile(
  example: string,
  workspace: Workspace,
  change: (text: string) => string,
): string {
  const path = join(workspace.folder, example.split("/").at(-1) as string);
  writeFileSync(path, change(readFileSync(example, "utf8")));
  return path;
}

function replaced(
  before: string,
  shorten: Readonly<Record<string, string>>,
  example: string,
): string {
  let text = before;
  for (const [from, to] of Object.entries(shorten)) {
    if (!text.includes(from)) throw new Error(`${example} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/**
 * The address of the test's QRadar instead of the example's, and buffers in the test's folder. The collector's own metrics
 * have a fixed port, which two of them can't share.
 */
function local(text: string, buffer: string, port: number): string {
  return text
    .replaceAll(
      /"?qradar\.(?:example\.com|internal)"?(:514"|" port(?:\(514\)|="514")|\s+port(?::|=)? *"?514"?)/g,
      (all) =>
        all.replace(/qradar\.(?:example\.com|internal)/, "127.0.0.1").replace("514", String(port)),
    )
    .replaceAll(/\/var\/lib\/(?:vector|rsyslog|(?:fluent-bit|otelcol)\/storage)\b/g, buffer)
    .replace(
      /^service:\n(?= {2}(?:extensions|pipelines):)/m,
      "$&  telemetry: { metrics: { level: none } }\n",
    )
    .replaceAll(/disk-buffer\((?![^\n]*dir\()/g, `disk-buffer(dir("${buffer}") `);
}

function args(name: ShipperName, file: string, { folder }: Workspace): string[] {
  if (name === "fluent-bit") return ["-c", file];
  if (name === "vector") return ["--config", file];
  if (name === "otelcol") {
    return ["--feature-gates=stanza.synchronousLogEmitter", "--config", file];
  }
  const at = (suffix: string) => join(folder, `${name}.${suffix}`);
  if (name === "rsyslog") return ["-n", "-f", file, "-i", at("pid")];
  return ["-F", "-f", file, "-p", at("pid"), "-R", at("persist"), "-c", at("ctl"), "--no-caps"];
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = () => child.exitCode !== null || child.signalCode !== null;
  if (over()) return;
  child.kill(signal);
  await until(over, 30_000, `the shipper to end after ${signal}`);
}
