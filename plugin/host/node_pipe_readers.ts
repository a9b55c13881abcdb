import { fstatSync, type Stats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";

const STDOUT = 1;

/**
 * The processes that have the reading end of stdout's pipe open, as far as procfs shows them. It looks at `likely` first, and
 * at all others only if none of these has it. Null if procfs cannot show them: no pipe, no procfs, or readers of other
 * users or outside of our pid namespace.
 */
export async function pipeReaders(likely: readonly number[]): Promise<readonly number[] | null> {
  const pipe = fstatSync(STDOUT);
  if (!pipe.isFIFO()) return null;
  for (const pid of likely) if (await reads(pid, pipe)) return [pid];
  const found: number[] = [];
  for (const entry of await namesIn("/proc")) {
    if (/^\d+$/.test(entry) && (await reads(Number(entry), pipe))) found.push(Number(entry));
  }
  return found.length === 0 ? null : found;
}

/** True where stdout is the stream of journald that the variable JOURNAL_STREAM names, "device:inode" (systemd.exec(5)). */
export function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(STDOUT);
  return stream === `${dev}:${ino}`;
}

async function reads(pid: number, pipe: Stats): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await namesIn(folder)) {
    const path = `${folder}/${name}`;
    const file = await stat(path).catch(() => null);
    if (file === null || file.ino !== pipe.ino || file.dev !== pipe.dev) continue;
    // proc(5): the owner's permission bits of the link are the mode in which the descriptor was opened.
    const link = await lstat(path).catch(() => null);
    if (link !== null && (link.mode & 0o400) !== 0) return true;
  }
  return false;
}

const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => []);
