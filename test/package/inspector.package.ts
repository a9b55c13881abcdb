import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/program.ts";
import { EXECUTABLE } from "./release.ts";

/** Node opens its inspector at SIGUSR1, through which whoever reaches the port runs code in the process. */

const SIGUSR1_BIT = 1n << 9n;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function started(command: string, args: readonly string[]): Started {
  const child = spawn(command, args, { env: {}, stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    text.stdout += data;
  });
  child.stderr.on("data", (data) => {
    text.stderr += data;
  });
  return {
    child,
    pid: child.pid as number,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
  };
}

/** True where SIGUSR1 is in one of these sets of the process (proc_pid_status(5)). */
function isIn(pid: number, sets: readonly ("SigBlk" | "SigCgt")[]): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return sets.some((set) => {
    const mask = new RegExp(`^${set}:\\s*(\\w+)$`, "m").exec(status)?.[1];
    return (BigInt(`0x${mask}`) & SIGUSR1_BIT) !== 0n;
  });
}

/** True once node holds SIGUSR1 back, which it does before it reads its options; sooner the signal ends any program. */
const isHeld = (pid: number) => isIn(pid, ["SigBlk", "SigCgt"]);
const isCaught = (pid: number) => isIn(pid, ["SigCgt"]);

/** How many TCP sockets of this process listen. */
function listening(pid: number): number {
  const sockets = ["tcp", "tcp6"].flatMap((table) => {
    const rows = readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n").slice(1);
    // Of each row the state (0A is LISTEN) and the inode, the 4th and the 10th word.
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter((words) => words[3] === "0A")
      .map((words) => `socket:[${words[9]}]`);
  });
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "closed meanwhile";
    }
  });
  return sockets.filter((socket) => open.includes(socket)).length;
}

describe("SIGUSR1", () => {
  it("opens no inspector in the executable, not even while it starts", async () => {
    const program = started(EXECUTABLE, ["encode"]);
    const control = started(process.execPath, [
      "--inspect-port=0",
      ...["-e", "console.log(1); process.stdin.resume()"],
    ]);
    const both = [program, control];
    for (const { pid } of both) await until(() => isHeld(pid), 10_000, "node's start");
    for (const { child } of both) child.kill("SIGUSR1");
    // Node without the option opens it, and our look finds that.
    await until(() => listening(control.pid) > 0, 10_000, "the control's inspector");
    expect(control.stderr()).toContain("Debugger listening");

    // Once more when our own listener is there.
    await until(() => isCaught(program.pid), 10_000, "the program's listener");
    program.child.kill("SIGUSR1");
    expect(listening(program.pid)).toBe(0);
    program.child.stdin?.end('{"aggregateId":"one","processingId":"p","type":"receipt"}\n');
    const code = await new Promise((done) => program.child.once("close", done));
    expect({ code, stderr: program.stderr() }).toEqual({ code: 0, stderr: "" });
    expect(program.stdout()).toContain("aggregateId=one");
  });
});
