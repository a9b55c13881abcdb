import type { Effects, FileMaking } from "../effects.ts";
import { StateError } from "../errors.ts";
import { createSerial } from "../state/serial.ts";
import type { Delivery } from "./delivery.ts";
import { isExpired, rotatedName, rotatedNames } from "./rotated_files.ts";

/** The file, and the sizes that it and its rotated files may have. */
export interface FileOptions extends FileMaking {
  readonly path: string;
  readonly rotateBytes: number;
  readonly maxTotalBytes: number;
  /** The program removes rotated files so long after their last line; null: never. */
  readonly keepMs: number | null;
}

/** One sync serves positions in quick succession: after so many bytes, or so long. */
const GROUP_BYTES = 1_048_576;
const GROUP_MS = 1_000;
/** The last of the room is for the program's own events, which are never longer than `SMALL_BYTES` at a time. */
const RESERVE_BYTES = 65_536;
const SMALL_BYTES = 8_192;

/**
 * Writes whole lines to a file that a shipper follows; `flush` syncs them. It never cuts the file: it renames a full one
 * and begins a new one, so that a reader that follows names or inodes misses nothing. It removes nothing that a reader may
 * still need: if all files together leave no room, `write` throws a `StateError` with code `output_full`, and Mimecast
 * keeps the records. `release` releases the lock that keeps other processes from the file.
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

  /** Removes the files that the operator declared as read; returns the bytes left in rotated files. */
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
    // Somebody else moved or removed it: nobody would read further lines in it.
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
