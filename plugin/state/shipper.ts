import type { Files } from "../effects.ts";

/**
 * The process that reads our stdout. On Linux: the nearest ancestor that is neither a shell nor a wrapper. Pid, start time
 * and boot identify it, so that a new process with an old pid is another one.
 */
export interface Shipper {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat field 22; "" where unknown. */
  readonly start: string;
  /** /proc/sys/kernel/random/boot_id; "" where unknown. */
  readonly boot: string;
  readonly name: string;
  /**
   * True if it started less than a second before us, so that somebody may have started it for this run (cron, a wrapper);
   * true also if the start times are unknown. It is no part of the identity: `sameShipper` ignores it.
   */
  readonly madeForRun: boolean;
  /** Start of the process that found it, clock ticks since boot; "" where unknown. */
  readonly ourStart: string;
}

/** A process above us. */
export interface Process {
  readonly pid: number;
  readonly name: string;
  /** Its parent's pid; 0 where that is outside of our pid namespace. */
  readonly parent: number;
  /** Pid of the leader of its session. */
  readonly session: number;
  /** True where its session has a terminal. */
  readonly terminal: boolean;
  /** Clock ticks since boot. */
  readonly start: string;
}

/** Shells, and wrappers that stay in the process tree: they start and end with us. */
const WRAPPERS = new Set(
  (
    "sh bash rbash dash ash zsh ksh mksh yash fish csh tcsh busybox timeout sudo su runuser setpriv doas npm env nice " +
    "ionice stdbuf strace ltrace time watch xargs make flock parallel script unbuffer setsid nohup systemd-inhibit"
  ).split(" "),
);

/** Clock ticks of procfs in a second: Linux shows 100 to user space, whatever its own rate. */
const TICKS_PER_SECOND = 100;
/** The search looks at so many ancestors. */
const MAX_DEPTH = 32;

/** True for a shell or a wrapper, by its name: never a shipper. A login shell's name may begin with a dash. */
export function isWrapper(name: string): boolean {
  return WRAPPERS.has(name.replace(/^-/, ""));
}

/** The processes above us, the nearest first; it ends before the first one that can't be read. */
export async function findLineage(
  files: Pick<Files, "read">,
  parentPid: number,
): Promise<readonly Process[]> {
  const found: Process[] = [];
  for (let pid = parentPid; found.length < MAX_DEPTH; ) {
    const stat = parseStat(await readText(files, `/proc/${pid}/stat`));
    if (stat === null) break;
    found.push({ pid, ...stat });
    pid = stat.parent;
  }
  return found;
}

/** True if our own session is known to have a terminal. */
export async function hasTerminal(files: Pick<Files, "read">): Promise<boolean> {
  return parseStat(await readText(files, "/proc/self/stat"))?.terminal ?? false;
}

/**
 * Finds the shipper from the pid of our parent: the ancestor among `readers` (who read our stdout), else the nearest
 * that is no wrapper. If procfs does not show an ancestor (no Linux, not mounted, hidepid), its pid alone identifies it: a
 * weaker promise, which `check` reports.
 */
export async function findShipper(
  files: Pick<Files, "read">,
  parentPid: number,
  readers: readonly number[] = [],
): Promise<Shipper> {
  const boot = (await readText(files, "/proc/sys/kernel/random/boot_id")).trim();
  const own = parseStat(await readText(files, "/proc/self/stat"));
  const unknown = { start: "", boot, name: "", madeForRun: true, ourStart: own?.start ?? "" };
  const lineage = await findLineage(files, parentPid);
  const top = lineage.at(-1);
  const isWhole = lineage.length === MAX_DEPTH || top?.parent === 0;
  const found =
    lineage.find(({ pid, name }) => readers.includes(pid) && !isWrapper(name)) ??
    lineage.find(({ name }) => !isWrapper(name)) ??
    (isWhole ? top : undefined);
  if (found === undefined) return { ...unknown, pid: top?.parent ?? parentPid };
  const ageTicks = own === null ? 0 : Number(own.start) - Number(found.start);
  const madeForRun = ageTicks < TICKS_PER_SECOND;
  return { ...unknown, pid: found.pid, start: found.start, name: found.name, madeForRun };
}

/** True if both are the same process; the pid alone decides only if both start times are unknown. */
export function sameShipper(a: Shipper, b: Shipper): boolean {
  return a.pid === b.pid && a.start === b.start && a.boot === b.boot;
}

/** True if the process that found `b` is known to have started after the process that found `a`. */
export function isLater(a: Shipper, b: Shipper): boolean {
  // An unknown start counts as a start at boot.
  return b.ourStart === "" || Number(b.ourStart) > Number(a.ourStart);
}

/** True if start time and boot are known, so that the identity is certain. */
export function isCertain(shipper: Shipper): boolean {
  return shipper.start !== "" && shipper.boot !== "";
}

/** What /proc/PID/stat (proc(5)) says of a process: the name is in parentheses and may hold any byte. */
export function parseStat(text: string): Omit<Process, "pid"> | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const parent = Number(fields[1]);
  const start = fields[19];
  if (!Number.isInteger(parent) || start === undefined) return null;
  const name = text.slice(open + 1, close);
  return { name, parent, session: Number(fields[3]), terminal: fields[4] !== "0", start };
}

async function readText(files: Pick<Files, "read">, path: string): Promise<string> {
  try {
    return Buffer.from((await files.read(path)) ?? "").toString("utf8");
  } catch {
    return "";
  }
}
