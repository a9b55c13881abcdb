import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "../disk/os_error.ts";
import { processSelf } from "../disk/own_path.ts";
import type { PathFacts } from "../disk/path_facts.ts";
import { stateError } from "../disk/state_error.ts";
import { distrust } from "../disk/trust.ts";
import type { Effects, Log } from "../effects.ts";
import { nodeFiles } from "./node_files.ts";
import { nodeStdout } from "./node_stdout.ts";

/** `Effects` on Node. `fetch` comes from client/, `log` from log.ts: main.ts puts them together. */
export function nodeEffects(fetch: Effects["fetch"], log: Log): Effects {
  return {
    now: () => Date.now(),
    sleep: async (delayMs, signal) => {
      // Longer than 2^31-1 ms would fire at once.
      await delay(Math.min(delayMs, 2 ** 31 - 1), undefined, signal ? { signal } : {}).catch(
        (error) => {
          throw signal?.aborted ? signal.reason : error;
        },
      );
    },
    random: Math.random,
    randomUUID: () => crypto.randomUUID(),
    fetch,
    files: nodeFiles(),
    stdout: nodeStdout(),
    log,
  };
}

/** What the system says of a path; null where nothing is there. */
export async function pathFacts(path: string): Promise<PathFacts | null> {
  try {
    const found = await stat(path);
    const { mode, ino } = found;
    const self = processSelf();
    const { bavail, bsize } = await statfs(path);
    const writable = await access(path, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return {
      mode: process.platform === "win32" ? null : mode & 0o777,
      distrusted: self === null ? null : distrust(found, self, found.isDirectory()),
      inode: ino,
      writable,
      freeBytes: bavail * bsize,
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw stateError("look at", path, error);
  }
}
