import { closeSync, constants, openSync, writeSync } from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { spooledFile } from "../decode/spooled_file.ts";
import { codeOf } from "../disk/os_error.ts";
import { refuseForeign } from "../disk/own_path.ts";
import { stateError } from "../disk/state_error.ts";
import type { Files } from "../effects.ts";
import { appendFile, identityOf } from "./append_file.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** A temporary file without a write for this long comes from a killed process. */
const LEFT_AFTER_MS = 600_000;

/** Files with mode 0600 in folders with mode 0700; failures are `StateError`s that name the path. */
export function nodeFiles(): Files {
  const sweep = createSweep();
  const replaceWith: ReplaceWith = async (path, mode, fill) => {
    await sweep(path);
    await replaceFile(path, mode, fill);
  };
  return {
    read,
    replace: (path, bytes, mode = 0o600) =>
      replaceWith(path, mode, (file) => guarded("write", path, () => file.writeFile(bytes))),
    overwrite,
    rename: (from, to) => guarded("rename", from, () => rename(from, to)),
    remove: (path) => guarded("remove", path, () => rm(path, { force: true, recursive: true })),
    async makeFolder(path) {
      await guarded("create folder", path, () => makeFolders(path));
      refuseForeign(path, await guarded("look at", path, () => stat(path)));
    },
    list,
    checkFolder,
    async spool(path, chunks, durable = false) {
      let size = 0;
      const fill = async (file: FileHandle) => {
        for await (const chunk of chunks) {
          await guarded("write", path, () => file.writeFile(chunk));
          size += chunk.length;
        }
      };
      await (durable ? replaceWith(path, 0o600, fill) : createFile(path, fill));
      return size;
    },
    stream: spooledFile,
    append: appendFile,
    facts,
  };
}

type Fill = (file: FileHandle) => Promise<void>;
type ReplaceWith = (path: string, mode: number, fill: Fill) => Promise<void>;

/** Writes under a unique temporary name, because other processes may write the same file at the same time. */
async function replaceFile(path: string, mode: number, fill: Fill): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await createFile(path, fill, temporary, async (file) => {
      if (mode !== 0o600) await file.chmod(mode);
      await file.sync();
    });
    await guarded("write", path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await guarded("write", path, () => syncFolder(dirname(path)));
}

/** Makes a new file under the name `as`; messages name `path`. */
async function createFile(
  path: string,
  fill: Fill,
  as = path,
  filled: Fill = async () => {},
): Promise<void> {
  const file = await guarded("write", path, () =>
    open(as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  );
  try {
    await fill(file);
    await guarded("write", path, () => filled(file));
  } finally {
    await file.close();
  }
}

async function read(path: string): Promise<Uint8Array | null> {
  try {
    // Does not wait for a writer if somebody put a pipe there.
    return await readFile(path, { flag: O_RDONLY | O_NOFOLLOW | (O_NONBLOCK ?? 0) });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw stateError("read", path, error);
  }
}

async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  await guarded("write", path, async () => {
    // Each chunk writes some kilobytes into the page cache: three trips to another thread would take longer.
    const file = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at, bytes.length - at, at);
      }
    } finally {
      closeSync(file);
    }
  });
}

async function list(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw stateError("list", path, error);
  }
}

async function facts(path: string): ReturnType<Files["facts"]> {
  try {
    const found = await lstat(path);
    return { sizeBytes: found.size, changedMs: found.mtimeMs, identity: identityOf(found) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw stateError("look at", path, error);
  }
}

async function checkFolder(path: string): Promise<void> {
  for (const name of await guarded("list", path, () => readdir(path))) {
    const each = join(path, name);
    const found = await lstat(each).catch((error) => {
      // Another process's temporary file may vanish meanwhile.
      if (codeOf(error) === "ENOENT") return null;
      throw stateError("look at", each, error);
    });
    if (found !== null) refuseForeign(each, found);
  }
}

/**
 * Makes the folder and those above it. mkdir's own `recursive` never ends where a folder can be neither made nor found
 * (in /proc, below an automount point that answers ENOENT).
 */
async function makeFolders(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    await makeFolders(above);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const found = await stat(path).catch(() => null);
    if (found === null || !found.isDirectory()) throw error;
  }
}

/** Removes, once for each path, the temporary files of killed processes. */
function createSweep(): (path: string) => Promise<void> {
  const swept = new Set<string>();
  return async (path) => {
    if (swept.has(path)) return;
    swept.add(path);
    const [folder, prefix] = [dirname(path), `${basename(path)}.`];
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(prefix))) {
      if (!/^[0-9a-f]+\.tmp$/.test(name.slice(prefix.length))) continue;
      const each = join(folder, name);
      const found = await lstat(each).catch(() => null);
      if (found === null || Math.abs(Date.now() - found.mtimeMs) < LEFT_AFTER_MS) continue;
      await rm(each, { force: true }).catch(() => {});
    }
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Does `work`, and turns its failure into a `StateError` with the action and the path. */
async function guarded<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw stateError(action, path, error);
  }
}
