import { StateError } from "./errors.ts";

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "Give the user that runs the shipper write access to state_dir",
  EPERM: "Give the user that runs the shipper write access to state_dir",
  EROFS: "state_dir lies on a read-only file system: choose another",
  ENOSPC: "The disk is full: make room; collection goes on from the last checkpoint",
  EDQUOT: "The disk quota is used up: make room; collection goes on from the last checkpoint",
  ENOENT: "Create the folder, or correct state_dir",
};

/** A `StateError` with the operating system's code and the remedy for it. */
export function stateError(action: string, path: string, cause: unknown): StateError {
  const code = codeOf(cause);
  const hint = REMEDIES[code];
  return new StateError(`Cannot ${action} "${path}": ${code || String(cause)}`, {
    code: `state_${code.toLowerCase() || "io"}`,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The code of an error of the operating system, "ENOENT"; "" for any other. */
export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
