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
  const output = await openOutput(effects, options);
  const inTurn = createSerial();
  let accepted = 0;
  return {
    safety: "taken",
    accepted: () => accepted,
    write: (lines) =>
      inTurn(async () => {
        await output.write(lines);
        accepted += lines.length;
      }),
    isWriting: () => false,
    readerWaits: () => false,
    flush: () => inTurn(output.sync),
    isFlushDue: output.isSyncDue,
    async close() {
      await inTurn(output.close);
      release();
    },
  };
}

/** The file that is written to, and what is left of those before. */
interface Output {
  write(lines: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  isSyncDue(): boolean;
  close(): Promise<void>;
}

async function openOutput(
  effects: Pick<Effects, "files" | "now" | "log">,
  options: FileOptions,
): Promise<Output> {
  const { files } = effects;
  const { path, maxTotalBytes, rotateBytes } = options;
  let file = await files.append(path, options);
  let sizeBytes = file.sizeBytes;
  let rotatedBytes = await clearUp(effects, options);
  let unsyncedBytes = 0;
  let syncedMs = effects.now();

  async function sync(): Promise<void> {
    if (unsyncedBytes > 0) await file.sync();
    unsyncedBytes = 0;
    syncedMs = effects.now();
  }

  async function reopen(): Promise<void> {
    await file.close();
    file = await files.append(path, options);
    sizeBytes = file.sizeBytes;
    rotatedBytes = await clearUp(effects, options);
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
    const mostBytes = moreBytes > SMALL_BYTES ? maxTotalBytes - RESERVE_BYTES : maxTotalBytes;
    const isFull = () => rotatedBytes + sizeBytes + moreBytes > mostBytes;
    if (isFull()) rotatedBytes = await clearUp(effects, options);
    if (isFull()) throw full(path, maxTotalBytes);
    if (sizeBytes > 0 && sizeBytes + moreBytes > rotateBytes) await rotate();
  }

  return {
    async write(lines) {
      await makeRoom(lines.length);
      await file.write(lines);
      sizeBytes += lines.length;
      unsyncedBytes += lines.length;
    },
    sync,
    isSyncDue: () => unsyncedBytes >= GROUP_BYTES || Math.abs(effects.now() - syncedMs) >= GROUP_MS,
    close: () => file.close(),
  };
}

/** Removes the files that the operator declared as read; returns the bytes left in rotated files. */
async function clearUp(
  { files, log, now }: Pick<Effects, "files" | "now" | "log">,
  { path, keepMs }: FileOptions,
): Promise<number> {
  let leftBytes = 0;
  const names = await rotatedNames(files, path);
  for (const [index, name] of names.entries()) {
    const facts = await files.facts(name);
    if (facts === null) continue;
    // A reader may still be in the one before the file.
    const isLast = index === names.length - 1;
    if (!isLast && isExpired(facts.changedMs, keepMs, now())) {
      await files.remove(name);
      log("info", "An old file of output.file is removed", { file: name });
    } else leftBytes += facts.sizeBytes;
  }
  return leftBytes;
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
