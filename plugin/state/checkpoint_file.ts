import type { Files } from "../effects.ts";
import { StateError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { emptyCheckpoint, parseCheckpoint, serializeCheckpoint } from "./checkpoint.ts";
import { checkpointPath, previousPath } from "./paths.ts";

/**
 * The checkpoint of one account, for one owner. The account's lock keeps a second owner away; the store is the second
 * fence, if the lock does not work (docs/decisions/0011-state-store.md).
 */
export interface CheckpointStore {
  /** The stored checkpoint, or an empty one for a new account. Throws `StateError`. */
  read(account: string, api: Checkpoint["api"]): Promise<Checkpoint>;
  /**
   * Replaces it as a whole; durable once it returns. Throws a `StateError` code `lock_lost`, and changes nothing, if
   * another owner wrote after this one's last read or write.
   */
  write(checkpoint: Checkpoint): Promise<void>;
}

/** The checkpoint file in an account's folder, and the copy of the previous one in the same folder. */
export function checkpointFile(
  files: Pick<Files, "read" | "replace">,
  folder: string,
): CheckpointStore {
  const path = checkpointPath(folder);
  const previous = previousPath(folder);
  // Only bytes that were read and found whole, or written by us, may become the previous copy.
  let current: Uint8Array | null = null;
  /** The bytes of a write that failed, but may be on disk: the rename succeeded, the sync of the folder did not. */
  let attempted: Uint8Array | null = null;
  return {
    async read(account, api) {
      const bytes = await files.read(path);
      if (bytes === null) {
        if ((await files.read(previous)) !== null) throw missing(account, path, previous);
        return emptyCheckpoint(account, api);
      }
      const checkpoint = readCheckpoint(bytes, path, account, api);
      current = bytes;
      return checkpoint;
    },
    async write(checkpoint) {
      const bytes = serializeCheckpoint(checkpoint);
      const stored = await files.read(path);
      if (stored !== null && isSame(stored, attempted)) current = stored;
      if (stored !== null && !isSame(stored, current) && isWhole(stored, path)) {
        throw changed(checkpoint.account, path);
      }
      if (current !== null) await files.replace(previous, current);
      attempted = bytes;
      await files.replace(path, bytes);
      current = bytes;
    },
  };
}

/** What is stored at `path`, if it is of this account and API. Throws `StateError`. */
export function readCheckpoint(
  bytes: Uint8Array,
  path: string,
  account: string,
  api: Checkpoint["api"],
): Checkpoint {
  const checkpoint = parseCheckpoint(bytes, path);
  if (checkpoint.account === account && checkpoint.api === api) return checkpoint;
  throw otherAccount(account, api, path, checkpoint);
}

function isSame(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && Buffer.compare(a, b) === 0;
}

/** What has become damaged was written by nobody: it is replaced by what is known. */
function isWhole(bytes: Uint8Array, path: string): boolean {
  try {
    parseCheckpoint(bytes, path);
    return true;
  } catch (error) {
    if (error instanceof StateError && error.code === "checkpoint_broken") return false;
    throw error;
  }
}

function changed(account: string, path: string): StateError {
  return new StateError(
    `Cannot save the position of "${account}": another process has written "${path}" meanwhile`,
    {
      code: "lock_lost",
      hint: "Two processes collect this account: state_dir must be on a file system whose locks work between them (not every network file system), or give each its own accounts with --account or --shard",
    },
  );
}

function missing(account: string, path: string, previous: string): StateError {
  return new StateError(
    `Cannot open account "${account}": "${path}" is missing but "${previous}" is there`,
    {
      code: "checkpoint_missing",
      hint: "Rename the previous copy to checkpoint (events since then come twice), or remove it to start over",
    },
  );
}

function otherAccount(
  account: string,
  api: Checkpoint["api"],
  path: string,
  found: Checkpoint,
): StateError {
  if (found.account === account) return otherApi(account, api, path, found.api);
  return new StateError(
    `Cannot open account "${account}" (API ${api}): "${path}" belongs to "${found.account}" (API ${found.api})`,
    {
      code: "checkpoint_other_account",
      hint: "Give the account another name, or another state_dir",
    },
  );
}

function otherApi(
  account: string,
  api: Checkpoint["api"],
  path: string,
  found: Checkpoint["api"],
): StateError {
  return new StateError(
    `Cannot open account "${account}": "${path}" must be of API ${api}: it is of API ${found}`,
    {
      code: "checkpoint_other_api",
      hint:
        api === "2.0"
          ? `Run: mimecast-input migrate --account ${account} (what it does: add --dry-run)`
          : 'Within seven days of the move checkpoint.api-1.0 and journal.api-1.0 bring it back: docs/migration.md, "Going back"',
    },
  );
}
