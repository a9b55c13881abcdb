import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath, until, type Workspace } from "./program.ts";

/** The shippers of config-examples/, by the name of their program. */
export type ShipperName = "syslog-ng" | "fluent-bit" | "vector";

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

/** True where the shipper is on PATH (Debian keeps syslog-ng in sbin). */
export function hasShipper(name: ShipperName): boolean {
  return onPath(name);
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
  example = EXAMPLES[name],
): Promise<Shipper> {
  const buffer = join(workspace.folder, "shipper-buffer");
  mkdirSync(buffer, { recursive: true });
  const env = {
    ...workspace.env,
    QRADAR_HOST: "127.0.0.1",
    QRADAR_PORT: String(qradarPort),
  };
  const file = exampleFile(example, workspace, (text) =>
    local(replaced(text, shorten, example), buffer, qradarPort),
  );
  const child = spawn(name, args(name, file, workspace), {
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

const EXAMPLES: Readonly<Record<ShipperName, string>> = {
  "syslog-ng": "config-examples/syslog-ng/syslog-ng.conf",
  "fluent-bit": "config-examples/fluent-bit/fluent-bit.yaml",
  vector: "config-examples/vector/vector.toml",
};

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

/** The address of the test's QRadar instead of the example's, and buffers in the test's folder. */
function local(text: string, buffer: string, port: number): string {
  return text
    .replaceAll(
      /"?qradar\.(?:example\.com|internal)"?(:514"|" port\(514\)|\s+port:? +514)/g,
      (all) =>
        all.replace(/qradar\.(?:example\.com|internal)/, "127.0.0.1").replace("514", String(port)),
    )
    .replaceAll(/\/var\/lib\/(?:vector|fluent-bit\/storage)\b/g, buffer)
    .replaceAll(/disk-buffer\((?![^\n]*dir\()/g, `disk-buffer(dir("${buffer}") `);
}

function args(name: ShipperName, file: string, { folder }: Workspace): string[] {
  if (name === "fluent-bit") return ["-c", file];
  if (name === "vector") return ["--config", file];
  const at = (suffix: string) => join(folder, `syslog-ng.${suffix}`);
  return ["-F", "-f", file, "-p", at("pid"), "-R", at("persist"), "-c", at("ctl"), "--no-caps"];
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = () => child.exitCode !== null || child.signalCode !== null;
  if (over()) return;
  child.kill(signal);
  await until(over, 30_000, `the shipper to end after ${signal}`);
}
