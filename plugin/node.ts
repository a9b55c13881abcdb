import { constants, createReadStream, fstatSync, fsyncSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Effects, Files, Log, Out, OutKind } from "./effects.ts";
import { ShipperGoneError, StateError } from "./errors.ts";

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
    async replace(path, bytes) {
      const temporary = `${path}.${process.pid}.tmp`;
      await guarded("write", path, async () => {
        try {
          const file = await open(temporary, "w", 0o600);
          try {
            await file.writeFile(bytes);
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
        const file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
        try {
          await file.write(bytes, 0, bytes.length, 0);
        } finally {
          await file.close();
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
    async spool(path, chunks) {
      const file = await open(path, "w", 0o600).catch((error) => {
        throw stateError("write", path, error);
      });
      let size = 0;
      try {
        for await (const chunk of chunks) {
          await guarded("write", path, () => file.writeFile(chunk));
          size += chunk.length;
        }
      } finally {
        await file.close();
      }
      return size;
    },
    stream: (path) => createReadStream(path, { highWaterMark: 256 * 1024 }),
  };
}

/** Standard output, asked once what it is. */
function nodeStdout(): Out {
  const kind = outKind(1);
  let failure: Error | null = null;
  let listening = false;
  return {
    kind,
    write(bytes) {
      if (!listening) {
        listening = true;
        process.stdout.on("error", (error) => {
          failure = error;
        });
      }
      return new Promise((resolve, reject) => {
        if (failure !== null) {
          reject(shipperGone(failure));
          return;
        }
        process.stdout.write(bytes, (error) => (error ? reject(shipperGone(error)) : resolve()));
      });
    },
    async sync() {
      if (kind === "file") fsyncSync(1);
    },
  };
}

function outKind(fd: number): OutKind {
  const stat = fstatSync(fd);
  if (stat.isFile()) return "file";
  if (stat.isCharacterDevice()) return "terminal";
  return "pipe";
}

function shipperGone(cause: unknown): Error {
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EIO" || code === "EDQUOT")
    return stateError("write", "stdout", cause);
  return new ShipperGoneError("Cannot write to stdout: the reader has closed it", {
    code: "shipper_gone",
    cause,
    hint: "Nothing is committed; what it had not kept is sent again at the next start",
  });
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

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "Give the user that runs the shipper write access to state_dir",
  EPERM: "Give the user that runs the shipper write access to state_dir",
  EROFS: "state_dir lies on a read-only file system: choose another",
  ENOSPC: "The disk is full: make room; collection goes on from the last checkpoint",
  EDQUOT: "The disk quota is used up: make room; collection goes on from the last checkpoint",
  ENOENT: "Create the folder, or correct state_dir",
};

/** A `StateError` with the operating system's code and the remedy for it. */
export function stateError(action: string, path: string, cause: unknown): StateError {
  const code = codeOf(cause);
  const hint = REMEDIES[code];
  return new StateError(`Cannot ${action} "${path}": ${code || String(cause)}`, {
    code: `state_${code.toLowerCase() || "io"}`,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
