import type { Files } from "../../plugin/effects.ts";
import { StateError } from "../../plugin/errors.ts";
import type { Gate } from "./gate.ts";

interface Content {
  /** What every process sees. */
  readonly now: Uint8Array;
  /** What was durable last; null where the file's name was not. */
  readonly synced: Uint8Array | null;
  /** How `now` came about: by a rename, which is whole or not there, or by an overwrite, which may be torn. */
  readonly by: "rename" | "overwrite";
}

/** A disk with the semantics of a crash: a process's death loses nothing written, a machine's what was not synced. */
export interface ModelDisk {
  /** The files as one process sees them: every step of it is a point at which it can be killed. */
  files(gate: Gate): Files;
  /** The machine dies: `cut` (0..1) says how much of what was not synced had reached the disk. */
  crash(cut: number): void;
  /** A full disk refuses new blocks; an overwrite that does not grow the file goes through. */
  setFull(full: boolean): void;
  /** The next replacing of a file fails: before it has done anything, or behind the rename. */
  failNext(when: "before" | "after"): void;
  bytes(path: string): Uint8Array | null;
}

/** An empty disk. */
export function createDisk(): ModelDisk {
  const contents = new Map<string, Content>();
  let full = false;
  let fails: "before" | "after" | null = null;
  const isDue = (when: "before" | "after") => {
    if (fails !== when) return false;
    fails = null;
    return true;
  };

  function refuse(path: string): never {
    throw new StateError(`Cannot write "${path}": ENOSPC`, { code: "state_enospc" });
  }

  /** A folder is synced whole: with all names in it. What these files hold was synced before they got their names. */
  function syncFolderOf(path: string): void {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    for (const [other, { now, by }] of contents) {
      const isThere = other.startsWith(folder) && !other.slice(folder.length).includes("/");
      if (isThere && by === "rename") contents.set(other, { now, synced: now, by });
    }
  }

  return {
    bytes: (path) => contents.get(path)?.now ?? null,
    failNext(when) {
      fails = when;
    },
    setFull(value) {
      full = value;
    },
    crash(cut) {
      for (const [path, content] of contents) {
        const left = survivor(content, cut);
        if (left === null) contents.delete(path);
        else contents.set(path, { now: left, synced: left, by: "rename" });
      }
    },
    files: (gate) => ({
      async read(path) {
        await gate.pass("read");
        return contents.get(path)?.now.slice() ?? null;
      },
      async replace(path, bytes) {
        await gate.pass("replace: write");
        if (full || isDue("before")) refuse(path);
        await gate.pass("replace: rename");
        const before = contents.get(path);
        const now = bytes.slice();
        contents.set(path, { now, synced: before?.synced ?? null, by: "rename" });
        // Until the folder is synced a machine's death leaves the old file.
        await gate.pass("replace: sync");
        if (isDue("after")) refuse(path);
        syncFolderOf(path);
      },
      async overwrite(path, bytes) {
        await gate.pass("overwrite");
        const before = contents.get(path);
        const size = before?.now.length ?? 0;
        if (full && bytes.length > size) refuse(path);
        const rest = before?.now.subarray(bytes.length) ?? new Uint8Array();
        const now = Buffer.concat([bytes, rest]);
        contents.set(path, { now, synced: before?.synced ?? null, by: "overwrite" });
      },
      async remove(path) {
        await gate.pass("remove");
        contents.delete(path);
      },
      makeFolder: async () => {},
      checkFolder: async () => {},
      list: async () => [],
      async spool(path, chunks, durable) {
        if (!durable) throw new Error("Scripted sources spool nothing");
        const pieces: Uint8Array[] = [];
        for await (const chunk of chunks) {
          await gate.pass("spool: write");
          if (full) refuse(path);
          pieces.push(chunk);
        }
        await gate.pass("spool: sync");
        const now = Buffer.concat(pieces);
        contents.set(path, { now, synced: now, by: "rename" });
        return now.length;
      },
      stream() {
        throw new Error("Scripted sources spool nothing");
      },
      rename() {
        throw new Error("The core renames no files");
      },
      append() {
        throw new Error("The model's output is stdout");
      },
      facts: async () => null,
    }),
  };
}

function survivor({ now, synced, by }: Content, cut: number): Uint8Array | null {
  if (now === synced) return now;
  if (by === "rename") return cut < 0.5 ? synced : now;
  // Some of the blocks that were overwritten had been written back: here the first ones.
  const reached = Math.floor(cut * now.length);
  const before = synced ?? new Uint8Array();
  return Buffer.concat([now.subarray(0, reached), before.subarray(reached)]);
}
