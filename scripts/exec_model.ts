import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, constants, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { connect, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * A small model of Fluent Bit's exec input (plugins/in_exec/in_exec.c of 5.1): every `--interval-ms`, the first time
 * after the first interval, it starts `/bin/sh -c COMMAND` in a process group of its own, reads its standard output
 * line by line to end of file, waits for it, and only then may start it again. On SIGTERM it sends SIGTERM to the
 * group, reads to the end all the same, and exits. Lines go to `--tcp HOST:PORT`, or to `--file PATH` (`--sync`:
 * synced after each piece), and are gone from its memory once the operating system has them.
 *
 * `node scripts/exec_model.ts --command "mimecast-input poll --once" --interval-ms 1000 --tcp 127.0.0.1:6514`
 */
const { values } = parseArgs({
  options: {
    command: { type: "string" },
    "interval-ms": { type: "string", default: "1000" },
    tcp: { type: "string" },
    file: { type: "string" },
    sync: { type: "boolean", default: false },
  },
});

/** Where lines go. Resolves once they are out of this process. */
type Sink = (lines: string) => Promise<void>;

const { command } = values;
if (command === undefined || (values.tcp === undefined) === (values.file === undefined)) {
  throw new Error("Cannot start: --command and one of --tcp and --file are needed");
}
const sink =
  values.tcp === undefined ? fileSink(String(values.file), values.sync) : tcpSink(values.tcp);
let child: ChildProcess | null = null;
let stopping = false;
let wake = () => {};

process.on("SIGTERM", () => {
  stopping = true;
  wake();
  if (child?.pid !== undefined) signalGroup(child.pid);
});

while (!stopping) {
  await new Promise<void>((resolve) => {
    wake = resolve;
    setTimeout(resolve, Number(values["interval-ms"]));
  });
  if (!stopping) await collect(command);
}
process.exit(0);

/** One run of the command: to end of file, then to the end of the process. */
async function collect(command: string): Promise<void> {
  const { readEnd, writeEnd } = pipe();
  child = spawn("/bin/sh", ["-c", command], {
    detached: true,
    stdio: ["ignore", writeEnd, "inherit"],
  });
  const exited = new Promise((resolve) => child?.once("exit", resolve));
  closeSync(writeEnd);
  let rest = "";
  for await (const piece of new Socket({ fd: readEnd, readable: true, writable: false })) {
    const text = rest + (piece as Buffer).toString("latin1");
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) await sink(text.slice(0, end));
  }
  // fgets gives half a line at end of file as if it were whole.
  if (rest !== "") await sink(`${rest}\n`);
  await exited;
  child = null;
}

/** A real pipe: what Node itself makes for a child is a pair of sockets, which holds more than 64 KiB. */
function pipe(): { readEnd: number; writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), "exec-model-"));
  try {
    const path = join(folder, "pipe");
    spawnSync("mkfifo", ["-m", "600", path]);
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has just ended.
  }
}

function fileSink(path: string, sync: boolean): Sink {
  const file = openSync(path, "a", 0o600);
  return async (lines) => {
    const bytes = Buffer.from(lines, "latin1");
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (sync) fsyncSync(file);
  };
}

/** One connection; while the receiver is away, lines wait here, and with them the pipe. */
function tcpSink(address: string): Sink {
  const [host, port] = address.split(":");
  let socket: Socket | null = null;
  return async (lines) => {
    for (;;) {
      socket ??= await connected(String(host), Number(port));
      const open = socket;
      const sent = await new Promise<boolean>((resolve) => {
        open.once("close", () => resolve(false));
        open.write(lines, "latin1", (error) => resolve(!error));
      });
      open.removeAllListeners("close");
      if (sent) return;
      socket = null;
    }
  };
}

async function connected(host: string, port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, host);
    socket.on("error", () => {});
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("close", () => resolve(false));
    });
    if (open) return socket;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
