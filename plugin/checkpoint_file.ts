import type { Checkpoint } from "./checkpoint.ts";
import { emptyCheckpoint, parseCheckpoint, serialiseCheckpoint } from "./checkpoint.ts";
import type { Files } from "./effects.ts";
import { StateError } from "./errors.ts";

/** The checkpoint of one account on disk, and the copy of the one before it. */
export interface CheckpointFile {
  /** What is stored; an empty checkpoint where the account is new. Throws `StateError`. */
  read(account: string, api: Checkpoint["api"]): Promise<Checkpoint>;
  /** Durable once it returns. The content before it becomes the previous copy. */
  write(checkpoint: Checkpoint): Promise<void>;
}

/** The checkpoint file in an account's folder. */
export function checkpointFile(
  files: Pick<Files, "read" | "replace">,
  folder: string,
): CheckpointFile {
  const path = `${folder}/checkpoint`;
  const previousPath = `${folder}/checkpoint.previous`;
  // Only bytes that were read and found whole, or written by us, may become the previous copy.
  let current: Uint8Array | null = null;
  return {
    async read(account, api) {
      const bytes = await files.read(path);
      if (bytes === null) {
        if ((await files.read(previousPath)) !== null) throw missing(account, path, previousPath);
        return emptyCheckpoint(account, api);
      }
      const checkpoint = parseCheckpoint(bytes, path);
      if (checkpoint.account !== account || checkpoint.api !== api) {
        throw otherAccount(account, api, path, checkpoint);
      }
      current = bytes;
      return checkpoint;
    },
    async write(checkpoint) {
      const bytes = serialiseCheckpoint(checkpoint);
      if (current !== null) await files.replace(previousPath, current);
      await files.replace(path, bytes);
      current = bytes;
    },
  };
}

function missing(account: string, path: string, previousPath: string): StateError {
  return new StateError(
    `Cannot open account "${account}": "${path}" is missing but "${previousPath}" is there`,
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
          : "There is no way back to API 1.0 without a gap: restore checkpoint.api-1.0, or give the account another name",
    },
  );
}
