import { fstatSync, lstatSync, readdirSync, type Stats, statSync } from "node:fs";

const STDOUT = 1;

/**
 * The processes that have the reading end of stdout's pipe open, as far as procfs shows them. It looks at `likely` first, and
 * at all others only if none of these has it. Null if procfs cannot show them: no pipe, no procfs, or readers of other
 * users or outside of our pid namespace.
 */
export async function pipeReaders(likely: readonly number[]): Promise<readonly number[] | null> {
  const pipe = fstatSync(STDOUT);
  if (!pipe.isFIFO()) return null;
  for (const pid of likely) if (reads(pid, pipe)) return [pid];
  const found: number[] = [];
  for (const entry of namesIn("/proc")) {
    if (/^\d+$/.test(entry) && reads(Number(entry), pipe)) found.push(Number(entry));
  }
  return found.length === 0 ? null : found;
}

/** True where stdout is the stream of journald that the variable JOURNAL_STREAM names, "device:inode" (systemd.exec(5)). */
export function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(STDOUT);
  return stream === `${dev}:${ino}`;
}

/** Without promises: procfs answers from memory, and a machine has thousands of descriptors. */
function reads(pid: number, pipe: Stats): boolean {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).some((name) => {
    const path = `${folder}/${name}`;
    const file = orNull(() => statSync(path, MAY_BE_GONE));
    if (file?.ino !== pipe.ino || file.dev !== pipe.dev) return false;
    // proc(5): the owner's permission bits of the link are the mode in which the descriptor was opened.
    const link = orNull(() => lstatSync(path, MAY_BE_GONE));
    return ((link?.mode ?? 0) & 0o400) !== 0;
  });
}

const MAY_BE_GONE = { throwIfNoEntry: false } as const;

const namesIn = (path: string): readonly string[] => orNull(() => readdirSync(path)) ?? [];

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
