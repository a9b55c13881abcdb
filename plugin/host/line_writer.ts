import { closeSync, fstatSync, fsync, openSync, readSync, write } from "node:fs";
import { promisify } from "node:util";
import type { AppendFile } from "../effects.ts";
import { LF } from "../text/char_code.ts";

const LINE_FEED = Uint8Array.of(LF);

/**
 * Writes lines to the end of an open regular file. Node's streams take a short write on a full disk for a whole one, so the
 * loop is ours. The next write finishes a line that a full disk has cut, and puts a line feed after a line that a killed
 * run has cut. `path` is a name under which the file can be read. Rejects with the operating system's error.
 */
export function lineWriter(fd: number, path: string): Pick<AppendFile, "write" | "sync"> {
  /** The bytes that end the file's last line; null if that is whole. */
  let rest: Uint8Array | null = endsInsideLine(fd, path) ? LINE_FEED : null;
  const writeOnce = promisify(write);
  return {
    async write(bytes) {
      const all = rest === null ? bytes : Buffer.concat([rest, bytes]);
      for (let at = 0; at < all.length; ) {
        const { bytesWritten } = await writeOnce(fd, all, at, all.length - at, null);
        if (bytesWritten === 0)
          throw Object.assign(new Error("nothing was written"), { code: "EIO" });
        at += bytesWritten;
        rest = restOfLine(all, at);
      }
    },
    sync: () => promisify(fsync)(fd),
  };
}

/** A copy of the rest, because the bytes are the engine's memory; null if a line ends at `at`. */
function restOfLine(lines: Uint8Array, at: number): Uint8Array | null {
  if (lines[at - 1] === LF) return null;
  const end = lines.indexOf(LF, at);
  return end < 0 ? LINE_FEED : new Uint8Array(lines.slice(at, end + 1));
}

/** False also if the program can't tell. */
function endsInsideLine(fd: number, path: string): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return false;
  try {
    const file = openSync(path, "r");
    try {
      const last = Buffer.alloc(1);
      return readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== LF;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
