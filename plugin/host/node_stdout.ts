import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { codeOf } from "../disk/os_error.ts";
import { stdoutError } from "../disk/state_error.ts";
import type { Out, OutKind } from "../effects.ts";
import { ShipperGoneError } from "../errors.ts";
import { lineWriter } from "./line_writer.ts";

const STDOUT = 1;

/** Standard output; its kind is determined once. */
export function nodeStdout(): Out {
  const kind = outKind();
  return kind === "file" || kind === "unnamed_file" ? fileOut(kind) : streamOut(kind);
}

function outKind(): OutKind {
  const stat = fstatSync(STDOUT);
  if (stat.isFile()) return stat.nlink === 0 ? "unnamed_file" : "file";
  if (isatty(STDOUT)) return "terminal";
  // Node has opened /dev/null if the descriptor was closed.
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

/** A regular file. */
function fileOut(kind: OutKind): Out {
  const writer = lineWriter(STDOUT, `/proc/self/fd/${STDOUT}`);
  return {
    kind,
    write: (bytes) =>
      writer.write(bytes).catch((error) => {
        throw outError(error);
      }),
    sync: () =>
      writer.sync().catch((error) => {
        throw stdoutError("sync", error);
      }),
  };
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
