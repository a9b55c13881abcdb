import { closeSync, fstatSync, fsync, openSync, readSync, write } from "node:fs";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { codeOf } from "../disk/os_error.ts";
import { stdoutError } from "../disk/state_error.ts";
import type { Out, OutKind } from "../effects.ts";
import { ShipperGoneError } from "../errors.ts";

const STDOUT = 1;

/** Standard output, asked once what it is. */
export function nodeStdout(): Out {
  const kind = outKind();
  return kind === "file" || kind === "unnamed_file" ? fileOut(kind) : streamOut(kind);
}

function outKind(): OutKind {
  const stat = fstatSync(STDOUT);
  if (stat.isFile()) return stat.nlink === 0 ? "unnamed_file" : "file";
  if (isatty(STDOUT)) return "terminal";
  // Node has opened /dev/null where the descriptor was closed.
  return stat.isCharacterDevice() || stat.isBlockDevice() ? "device" : "pipe";
}

/** A pipe, a socket or a terminal: the stream waits for the reader without keeping the event loop. */
function streamOut(kind: OutKind): Out {
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
          reject(outError(failure));
          return;
        }
        process.stdout.write(bytes, (error) => (error ? reject(outError(error)) : resolve()));
      });
    },
    sync: async () => {},
  };
}

/**
 * A regular file. `process.stdout` takes a short write on a full disk for a whole one, so the loop is ours. What a
 * killed run or a full disk left as half a line is ended by a line feed, or the next line would be glued to it.
 */
function fileOut(kind: OutKind): Out {
  let torn = endsInsideLine();
  const writeOnce = promisify(write);
  return {
    kind,
    async write(bytes) {
      const all = torn ? Buffer.concat([LINE_FEED, bytes]) : bytes;
      try {
        for (let at = 0; at < all.length; ) {
          const { bytesWritten } = await writeOnce(STDOUT, all, at, all.length - at, null);
          if (bytesWritten === 0)
            throw Object.assign(new Error("nothing was written"), { code: "EIO" });
          at += bytesWritten;
          torn = at < all.length;
        }
      } catch (error) {
        throw outError(error);
      }
    },
    async sync() {
      await promisify(fsync)(STDOUT).catch((error) => {
        throw stdoutError("sync", error);
      });
    },
  };
}

const LINE_FEED = Buffer.from("\n");

/** False also where that can't be told: the file can only be looked at through procfs. */
function endsInsideLine(): boolean {
  const { size } = fstatSync(STDOUT);
  if (size === 0) return false;
  try {
    const file = openSync(`/proc/self/fd/${STDOUT}`, "r");
    try {
      const last = Buffer.alloc(1);
      return readSync(file, last, 0, 1, size - 1) === 1 && !last.equals(LINE_FEED);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

function outError(cause: unknown): Error {
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EIO" || code === "EDQUOT" || code === "EFBIG") {
    return stdoutError("write to", cause);
  }
  return new ShipperGoneError("Cannot write to stdout: the reader has closed it", {
    code: "shipper_gone",
    cause,
    hint: "Nothing is committed; what it had not kept is sent again at the next start",
  });
}
