import { StateError } from "../errors.ts";
import { codeOf, osReason } from "./os_error.ts";

const OWNER =
  "Make state_dir for the user that runs the shipper, or give that user write access to it";

/** The remedies for a file of the state directory. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: OWNER,
  EPERM: OWNER,
  EROFS: "state_dir is on a read-only file system: choose another",
  ENOSPC: "Make room on the disk; collection goes on from the last checkpoint",
  EDQUOT: "Make room, or raise the quota; collection goes on from the last checkpoint",
  ENOENT: "Create the folder, or correct state_dir",
  ENOTDIR: "state_dir must be a folder, and everything above it too: correct it",
  EEXIST: "A file has the name of the folder: remove it, or correct state_dir",
  EISDIR: "A folder has the name of the file: remove it, or choose another state_dir",
  ENAMETOOLONG: "Choose a shorter state_dir",
  ELOOP: "Correct the symbolic links of state_dir",
  EIO: "Look at the disk (dmesg); collection goes on from the last checkpoint",
  ESTALE: "Mount the file system of state_dir again, or choose a local one",
  EMFILE: "Raise the limit of open files (LimitNOFILE= of a systemd unit)",
  ENFILE: "Raise the limit of open files of the machine (fs.file-max)",
};

/** A `StateError` that says why the operating system refused, and the remedy. Its code is `state_` and the system's, in lower case. */
export function stateError(action: string, path: string, cause: unknown): StateError {
  const code = codeOf(cause);
  const hint = REMEDIES[code];
  const use = READING.includes(action) ? "read" : "create";
  return new StateError(`Cannot ${action} ${JSON.stringify(path)}: ${osReason(cause, use)}`, {
    code: `state_${code.toLowerCase() || "io"}`,
    cause,
    hint,
  });
}

/** The actions for which ENOENT is about the path itself, not about its folder. */
const READING: readonly string[] = ["read", "read lock", "list", "look at", "lock"];

/** A `StateError` for standard output that is a file, with the code of `stateError`. */
export function stdoutError(action: string, cause: unknown): StateError {
  const code = codeOf(cause);
  return new StateError(`Cannot ${action} standard output: ${osReason(cause)}`, {
    code: `state_${code.toLowerCase() || "io"}`,
    cause,
    hint:
      code === "ENOSPC" || code === "EDQUOT"
        ? "Make room where standard output is redirected to, then run it again"
        : "Look at the file or device that standard output is redirected to",
  });
}

/** A `StateError` for the file of `output.file`, with the code of `stateError`. */
export function outputError(action: string, path: string, cause: unknown): StateError {
  if (cause instanceof StateError) return cause;
  const code = codeOf(cause);
  const hint =
    code === "ENOSPC" || code === "EDQUOT"
      ? "Make room on its disk: nothing is lost, collection goes on from the last checkpoint"
      : code === "EFBIG"
        ? "Raise the limit of a file's size (ulimit -f, LimitFSIZE= of a systemd unit), or lower output.file.rotate_bytes"
        : "Make the folder of output.file.path for the user that runs the program, or correct the path";
  const use = action === "open" || action === "create" ? "create" : "write";
  return new StateError(`Cannot ${action} ${JSON.stringify(path)}: ${osReason(cause, use)}`, {
    code: `state_${code.toLowerCase() || "io"}`,
    cause,
    hint,
  });
}
