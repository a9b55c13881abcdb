import { spawn } from "node:child_process";
import type { Workspace } from "../../test/support/program.ts";
import type { Qradar } from "../../test/support/qradar_receiver.ts";
import {
  exampleOf,
  portsOf,
  type Shipper,
  type ShipperName,
  startShipper,
  type Way,
} from "../../test/support/shippers.ts";

interface Started {
  readonly shipper: ShipperName | "model";
  readonly way?: Way | undefined;
  readonly stalled: boolean;
  readonly hotReload: boolean;
}

const SHORTEN: Readonly<Partial<Record<ShipperName, Readonly<Record<string, string>>>>> = {
  "fluent-bit": { "interval_sec: 60": "interval_sec: 1" },
  vector: { "streaming.respawn_interval_secs = 10": "streaming.respawn_interval_secs = 1" },
};

/** The least that syslog-ng's disk buffer can be: it is full soon. */
const SMALL_BUFFER = {
  "disk-buf-size(1073741824) mem-buf-size(16777216)": "disk-buf-size(1048576) mem-buf-size(163840)",
};

/** Starts the shipper of a campaign, with short pauses and, where the receiver stands still, a small buffer. */
export function startOne(
  { shipper, way = "exec", stalled, hotReload }: Started,
  workspace: Workspace,
  qradar: Qradar,
  port: number,
): Promise<Shipper> | Shipper {
  if (shipper !== "model") {
    const small = shipper === "syslog-ng" && stalled ? SMALL_BUFFER : {};
    const hot =
      shipper === "fluent-bit" && hotReload ? { "flush: 1": "flush: 1\n  hot_reload: on" } : {};
    const often = way === "exec" ? SHORTEN[shipper] : portsOf(way, port, shipper);
    const changes = { ...often, ...small, ...hot };
    return startShipper(shipper, workspace, qradar.port, changes, exampleOf(shipper, way));
  }
  const command = ["scripts/exec_model.ts", "--command", "mimecast-input poll --once"];
  const where = ["--interval-ms", "200", "--tcp", `127.0.0.1:${qradar.port}`];
  const child = spawn(process.execPath, [...command, ...where], {
    env: workspace.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => {
    said = (said + piece.toString()).slice(-100_000);
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async (name: NodeJS.Signals) => {
    child.kill(name);
    await ended;
  };
  if (child.pid === undefined) throw new Error("Cannot start the model");
  const { pid } = child;
  return { pid, said: () => said, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
