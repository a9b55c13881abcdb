import type { Files } from "./effects.ts";

/**
 * Who reads our stdout. On Linux the nearest ancestor that is neither a shell nor a wrapper, known by pid, start
 * time and boot, so that a new process with an old pid is not taken for the same one.
 */
export interface Shipper {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat field 22; "" where unknown. */
  readonly start: string;
  /** /proc/sys/kernel/random/boot_id; "" where unknown. */
  readonly boot: string;
  readonly name: string;
  /**
   * True where it started less than a second before us, so that it may have been made for this run (cron, a
   * wrapper); also where the start times are unknown. Says nothing of who it is: `sameShipper` ignores it.
   */
  readonly madeForRun: boolean;
  /** Start of the process that found it, clock ticks since boot; "" where unknown. */
  readonly ourStart: string;
}

/** Programs between the shipper and us that come and go with us: `sh -c`, and wrappers that stay in the process tree. */
const TRANSPARENT = new Set(
  "sh bash dash ash zsh ksh mksh busybox timeout sudo su runuser setpriv doas npm env nice ionice stdbuf strace".split(
    " ",
  ),
);

/** Clock ticks of procfs in a second: Linux shows 100 to user space, whatever its own rate. */
const TICKS_PER_SECOND = 100;
/** Ancestors looked at. */
const MAX_DEPTH = 32;

/**
 * Finds the shipper from the pid of our parent. Where an ancestor can't be read (not Linux, procfs not mounted or
 * mounted with hidepid) its pid alone serves: a weaker promise, which `check` reports.
 */
export async function findShipper(files: Pick<Files, "read">, parentPid: number): Promise<Shipper> {
  const boot = (await readText(files, "/proc/sys/kernel/random/boot_id")).trim();
  const own = parseStat(await readText(files, "/proc/self/stat"));
  const unknown = { start: "", boot, name: "", madeForRun: true, ourStart: own?.start ?? "" };
  let found: Shipper = { ...unknown, pid: parentPid };
  for (let pid = parentPid, depth = 0; pid > 0 && depth < MAX_DEPTH; depth++) {
    const stat = parseStat(await readText(files, `/proc/${pid}/stat`));
    if (stat === null) return { ...unknown, pid };
    const ageTicks = own === null ? 0 : Number(own.start) - Number(stat.start);
    const madeForRun = ageTicks < TICKS_PER_SECOND;
    found = { ...unknown, pid, start: stat.start, name: stat.name, madeForRun };
    if (!TRANSPARENT.has(stat.name)) break;
    pid = stat.parent;
  }
  return found;
}

/** True where both are the same process; the pid alone decides only where neither start time is known. */
export function sameShipper(a: Shipper, b: Shipper): boolean {
  return a.pid === b.pid && a.start === b.start && a.boot === b.boot;
}

/** True where `b` was found by a process that started after the one that found `a`, as far as that is known. */
export function isLater(a: Shipper, b: Shipper): boolean {
  if (a.ourStart === "" || b.ourStart === "") return true;
  return Number(b.ourStart) > Number(a.ourStart);
}

/** True where the identity holds: start time and boot are known. */
export function isCertain(shipper: Shipper): boolean {
  return shipper.start !== "" && shipper.boot !== "";
}

/** Name, parent and start time out of /proc/PID/stat (proc(5)): the name stands in parentheses and may hold any byte. */
export function parseStat(text: string): { name: string; parent: number; start: string } | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(" ");
  const parent = Number(fields[1]);
  const start = fields[19];
  if (!Number.isInteger(parent) || start === undefined) return null;
  return { name: text.slice(open + 1, close), parent, start };
}

async function readText(files: Pick<Files, "read">, path: string): Promise<string> {
  try {
    const bytes = await files.read(path);
    return bytes === null ? "" : Buffer.from(bytes).toString("utf8");
  } catch {
    return "";
  }
}
