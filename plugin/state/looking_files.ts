import type { Files } from "../effects.ts";

/**
 * The disk with changes that only this process sees, for a run that must leave no trace. It really writes only below
 * `temporary`, a folder of this run, and to existing files that `isShared` names: the rate budget, so that other processes
 * learn of our calls.
 */
export function lookingFiles(
  files: Files,
  temporary: string,
  isShared: (path: string) => boolean,
): Files {
  const changed = new Map<string, Uint8Array>();
  /** Files as they were at the first read, because a run of the shipper may write them meanwhile. */
  const found = new Map<string, Uint8Array | null>();
  /** Files and folders of the disk that are gone for this process. */
  const removed = new Set<string>();
  const isBelow = (path: string, folder: string) =>
    path === folder || path.startsWith(`${folder}/`);
  const isReal = (path: string) => isBelow(path, temporary);

  const isRemoved = (path: string) => [...removed].some((folder) => isBelow(path, folder));

  async function read(path: string): Promise<Uint8Array | null> {
    const mine = changed.get(path);
    if (mine !== undefined || isRemoved(path)) return mine ?? null;
    if (isReal(path) || isShared(path)) return files.read(path);
    const known = found.get(path);
    if (known !== undefined) return known;
    const bytes = await files.read(path);
    found.set(path, bytes);
    return bytes;
  }

  return {
    read,
    async replace(path, bytes) {
      changed.set(path, bytes);
    },
    async overwrite(path, bytes) {
      if (isShared(path) && (await files.read(path)) !== null) await files.overwrite(path, bytes);
      else changed.set(path, bytes);
    },
    async remove(path) {
      if (isReal(path)) return files.remove(path);
      for (const known of changed.keys()) if (isBelow(known, path)) changed.delete(known);
      removed.add(path);
    },
    async makeFolder(path) {
      if (isReal(path)) await files.makeFolder(path);
    },
    // This run writes nothing there, and the folder may be missing.
    checkFolder: async () => {},
    async list(path) {
      const there = (await files.list(path)).filter((name) => !isRemoved(`${path}/${name}`));
      const mine = [...changed.keys()]
        .filter((known) => known.startsWith(`${path}/`))
        .map((known) => known.slice(path.length + 1))
        .filter((name) => !name.includes("/"));
      return [...new Set([...there, ...mine])].sort();
    },
    async spool(path, chunks, durable) {
      if (!isReal(path)) throw new Error(`A run that leaves no trace must not write "${path}"`);
      return files.spool(path, chunks, durable);
    },
    stream: (path) => files.stream(path),
    rename() {
      throw new Error("A run that leaves no trace must not rename a file");
    },
    append() {
      throw new Error("A run that leaves no trace must not append to a file");
    },
    facts: (path) => files.facts(path),
  };
}
