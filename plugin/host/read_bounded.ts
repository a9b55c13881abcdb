import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "../disk/os_error.ts";

/** What an open file holds, and the facts of that same file: nobody can swap it in between. */
export interface BoundedFile {
  readonly bytes: Uint8Array;
  readonly facts: Stats;
}

/**
 * Reads a file, pipe or device that the operator names, of at most `maxBytes`. Rejects with Node's `code`: EFBIG if there is
 * more, ETIMEDOUT for a pipe out of which nothing comes for `silentMs`.
 */
export async function readBounded(
  path: string,
  maxBytes: number,
  silentMs = 10_000,
): Promise<BoundedFile> {
  // Opening a pipe that nobody writes would wait for a writer, in a thread that no signal ends.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = await file.stat();
    const pieces: Uint8Array[] = [];
    for (let size = 0; ; ) {
      const piece = await readPiece(file, silentMs);
      if (piece.length === 0) return { bytes: Buffer.concat(pieces), facts };
      pieces.push(piece);
      size += piece.length;
      if (size > maxBytes) throw refusal("EFBIG");
    }
  } finally {
    await file.close();
  }
}

/** Empty at the end. */
async function readPiece(file: FileHandle, silentMs: number): Promise<Uint8Array> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      // Nothing is in the pipe yet.
      if (codeOf(error) !== "EAGAIN") throw error;
      if (waitedMs >= silentMs) throw refusal("ETIMEDOUT");
      await delay(PAUSE_MS);
    }
  }
}

const PIECE_BYTES = 65_536;
const PAUSE_MS = 20;

function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}
