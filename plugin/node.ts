import { closeSync, constants, createReadStream, openSync, writeSync } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { PathFacts } from "./check/state_directory.ts";
import type { Effects, Files, Log } from "./effects.ts";
import { nodeStdout } from "./node_stdout.ts";
import { codeOf, stateError } from "./state_error.ts";

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

/** Files with mode 0600 in folders with mode 0700; failures are `StateError`s that name the path. */
export function nodeFiles(): Files {
  return {
    async read(path) {
      try {
        return await readFile(path);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw stateError("read", path, error);
      }
    },
    async replace(path, bytes, mode = 0o600) {
      const temporary = `${path}.${process.pid}.tmp`;
      await guarded("write", path, async () => {
        try {
          const file = await open(temporary, "w", 0o600);
          try {
            await file.writeFile(bytes);
            if (mode !== 0o600) await file.chmod(mode);
            await file.sync();
          } finally {
            await file.close();
          }
          await rename(temporary, path);
          await syncFolder(dirname(path));
        } catch (error) {
          await rm(temporary, { force: true }).catch(() => {});
          throw error;
        }
      });
    },
    async overwrite(path, bytes) {
      await guarded("write", path, async () => {
        // Some kilobytes into the page cache, once for each chunk: three trips to another thread would take longer.
        const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
        try {
          writeSync(file, bytes, 0, bytes.length, 0);
        } finally {
          closeSync(file);
        }
      });
    },
    rename: (from, to) => guarded("rename", from, () => rename(from, to)),
    remove: (path) => guarded("remove", path, () => rm(path, { force: true, recursive: true })),
    async makeFolder(path) {
      await guarded("create folder", path, () => mkdir(path, { recursive: true, mode: 0o700 }));
    },
    async list(path) {
      try {
        return (await readdir(path)).sort();
      } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw stateError("list", path, error);
      }
    },
    async spool(path, chunks, durable = false) {
      const file = await guarded("write", path, () => open(path, "w", 0o600));
      let size = 0;
      try {
        for await (const chunk of chunks) {
          await guarded("write", path, () => file.writeFile(chunk));
          size += chunk.length;
        }
        if (durable) await guarded("write", path, () => file.sync());
      } finally {
        await file.close();
      }
      if (durable) await guarded("write", path, () => syncFolder(dirname(path)));
      return size;
    },
    async *stream(path) {
      try {
        yield* createReadStream(path, { highWaterMark: 256 * 1024 });
      } catch (error) {
        throw stateError("read", path, error);
      }
    },
  };
}

/** A text file with its permission bits, both of the same open file; null bits where the system has none. */
export async function readTextFile(path: string): Promise<{ text: string; mode: number | null }> {
  const file = await open(path, "r");
  try {
    const { mode } = await file.stat();
    const text = await file.readFile("utf8");
    return { text, mode: process.platform === "win32" ? null : mode & 0o777 };
  } finally {
    await file.close();
  }
}

/** What the system says of a path; null where nothing is there. */
export async function pathFacts(path: string): Promise<PathFacts | null> {
  try {
    const { mode, ino } = await stat(path);
    const { bavail, bsize } = await statfs(path);
    const writable = await access(path, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return {
      mode: process.platform === "win32" ? null : mode & 0o777,
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

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function guarded<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw stateError(action, path, error);
  }
}
