import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one run of a command cost. */
export interface Run {
  readonly wallSecs: number;
  readonly userSecs: number;
  /** Peak resident memory, MB. */
  readonly peakMb: number;
}

/**
 * Runs a command whose standard output is a pipe that is read as fast as it goes, and takes what the kernel says of the
 * process (Linux: /proc) until just before its end.
 */
export async function measure(command: string, args: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "bench-pipe-"));
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);
  const reader = spawn("sh", ["-c", `cat ${pipe} > /dev/null`]);
  const readerEnded = new Promise((done) => reader.once("exit", done));
  const out = openSync(pipe, "w");
  const start = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ["ignore", out, "inherit"] });
  closeSync(out);
  const last = watch(child);
  const code = await new Promise((done) => child.once("exit", done));
  const wallSecs = Number(process.hrtime.bigint() - start) / 1e9;
  await readerEnded;
  rmSync(folder, { recursive: true });
  if (code !== 0)
    throw new Error(`Cannot measure "${command} ${args.join(" ")}": exit code ${code}`);
  return { wallSecs, ...last() };
}

/** The middle one of several runs, for each figure by itself. */
export function medians(runs: readonly Run[]): Run {
  const middle = (key: keyof Run) =>
    runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)] as number;
  return { wallSecs: middle("wallSecs"), userSecs: middle("userSecs"), peakMb: middle("peakMb") };
}

const TICKS_PER_SEC = 100;
const LOOK_MS = 10;

function watch(child: ChildProcess): () => Pick<Run, "userSecs" | "peakMb"> {
  let found = { userSecs: 0, peakMb: 0 };
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
      const peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
      const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[11]);
      if (peakKb > 0) found = { userSecs: ticks / TICKS_PER_SEC, peakMb: peakKb / 1024 };
    } catch {
      // It has ended.
    }
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    return found;
  };
}
