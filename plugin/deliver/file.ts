import type { Effects, FileMaking } from "../effects.ts";
import { StateError } from "../errors.ts";
import { createSerial } from "../state/serial.ts";
import type { Delivery } from "./delivery.ts";
import { isExpired, rotatedName, rotatedNames } from "./rotated_files.ts";

/** Which file, and how large it and those before it may be. */
export interface FileOptions extends FileMaking {
  readonly path: string;
  readonly rotateBytes: number;
  readonly maxTotalBytes: number;
  /** Rotated files are removed so long after their last line; null: never. */
  readonly keepMs: number | null;
}

/** Positions that come in quick succession are synced together: after so many bytes, or so long. */
const GROUP_BYTES = 1_048_576;
const GROUP_MS = 1_000;
/** The last of the room is for what the program says of itself, which is never longer than `SMALL_BYTES` at a time. */
const RESERVE_BYTES = 65_536;
const SMALL_BYTES = 8_192;

/**
 * Lines to a file that a shipper follows: written whole, and synced by `flush`. The file is never cut: it is renamed when
 * it is full, and a new one is begun, so that a reader that follows names or inodes misses nothing. What was not known to
 * be read is not removed: where there is no room for all files together, `write` throws a `StateError` with code
 * `output_full`, and Mimecast keeps the records. `release` gives up the lock that keeps other processes from the file.
 */
export async function fileDelivery(
  effects: Pick<Effects, "files" | "now" | "log">,
  options: FileOptions,
  release: () => void,
): Promise<Delivery> {
  const { files } = effects;
  const { path } = options;
  let file = await files.append(path, options);
  let sizeBytes = file.sizeBytes;
  let rotatedBytes = await clearUp();
  let accepted = 0;
  let unsyncedBytes = 0;
  let syncedMs = effects.now();
  const inTurn = createSerial();

  /** Removes what the operator has declared to be read; returns how many bytes are left in rotated files. */
  async function clearUp(): Promise<number> {
    let leftBytes = 0;
    const names = await rotatedNames(files, path);
    for (const [index, name] of names.entries()) {
      const facts = await files.facts(name);
      if (facts === null) continue;
      // A reader may still be in the one before the file.
      const isLast = index === names.length - 1;
      if (!isLast && isExpired(facts.changedMs, options.keepMs, effects.now())) {
        await files.remove(name);
        effects.log("info", "An old file of output.file is removed", { file: name });
      } else leftBytes += facts.sizeBytes;
    }
    return leftBytes;
  }

  async function sync(): Promise<void> {
    if (unsyncedBytes > 0) await file.sync();
    unsyncedBytes = 0;
    syncedMs = effects.now();
  }

  async function reopen(): Promise<void> {
    await file.close();
    file = await files.append(path, options);
    sizeBytes = file.sizeBytes;
    rotatedBytes = await clearUp();
  }

  async function rotate(): Promise<void> {
    await sync();
    const name = await rotatedName(files, path, effects.now());
    await files.rename(path, name);
    await reopen();
    effects.log("info", "The file of output.file is full, a new one is begun", { renamed: name });
  }

  async function makeRoom(moreBytes: number): Promise<void> {
    // Moved or removed by somebody else: nobody would read what is written to it from now on.
    if ((await files.facts(path))?.identity !== file.identity) {
      await sync();
      await reopen();
    }
    const { maxTotalBytes, rotateBytes } = options;
    const mostBytes = moreBytes > SMALL_BYTES ? maxTotalBytes - RESERVE_BYTES : maxTotalBytes;
    if (rotatedBytes + sizeBytes + moreBytes > mostBytes) rotatedBytes = await clearUp();
    if (rotatedBytes + sizeBytes + moreBytes > mostBytes) throw full(path, maxTotalBytes);
    if (sizeBytes > 0 && sizeBytes + moreBytes > rotateBytes) await rotate();
  }

  return {
    safety: "taken",
    accepted: () => accepted,
    write: (lines) =>
      inTurn(async () => {
        await makeRoom(lines.length);
        await file.write(lines);
        sizeBytes += lines.length;
        unsyncedBytes += lines.length;
        accepted += lines.length;
      }),
    isWriting: () => false,
    readerWaits: () => false,
    flush: () => inTurn(sync),
    isFlushDue: () =>
      unsyncedBytes >= GROUP_BYTES || Math.abs(effects.now() - syncedMs) >= GROUP_MS,
    async close() {
      await inTurn(() => file.close());
      release();
    },
  };
}

function full(path: string, maxTotalBytes: number): StateError {
  return new StateError(
    `Cannot write to ${JSON.stringify(path)}: it and its rotated files have no room left: output.file.max_total_bytes is ${maxTotalBytes}`,
    {
      code: "output_full",
      hint: "See whether the shipper reads; remove rotated files that it has read, or set output.file.keep_secs. Nothing is lost: Mimecast keeps the records meanwhile",
    },
  );
}
