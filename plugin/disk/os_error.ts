/** Why the operating system refused, as the clause after a message's colon. Errors of POSIX.1-2017, and two of Node's. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission is denied to this user",
  EPERM: "the operation is not permitted to this user",
  EISDIR: "it is a folder, not a file",
  ENOTDIR: "a part of its path is a file, not a folder",
  EEXIST: "it exists already",
  ENOTEMPTY: "the folder is not empty",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is too large",
  EIO: "the disk reports an input/output error",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the path is too long",
  EMFILE: "too many files are open in this process",
  ENFILE: "too many files are open on this machine",
  EBUSY: "it is in use",
  ETXTBSY: "it is a program that is running",
  ESTALE: "the network file system has lost it",
  ENXIO: "nothing is behind this device or pipe",
  ENODEV: "nothing is behind this device",
  ETIMEDOUT: "nothing came out of it for too long",
  ENOTSUP: "the file system does not support this",
  EOPNOTSUPP: "the file system does not support this",
  ERR_FS_FILE_TOO_LARGE: "the file is too large",
  ERR_STRING_TOO_LONG: "the file is too large",
};

/** The attempted action on a file: the remedy depends on it. */
export type FileUse = "read" | "write" | "create";

/** Why the operating system refused, in words; the code itself if there are no words for it. */
export function osReason(error: unknown, use: FileUse = "read"): string {
  const code = codeOf(error);
  if (code === "ENOENT" && use !== "read") return "its folder does not exist";
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (/^E[A-Z0-9]+$/.test(code)) return `the operating system reports ${code}`;
  return error instanceof Error ? error.message : String(error);
}

/** The remedy; undefined if no better one is known. `what` names the file, "the configuration". */
export function osRemedy(error: unknown, use: FileUse, what = "the file"): string | undefined {
  const verb = use === "read" ? "read" : "write";
  switch (codeOf(error)) {
    case "ENOENT":
      return use === "read" ? "Correct the path" : "Create the folder, or correct the path";
    case "EACCES":
    case "EPERM":
      return use === "read"
        ? `Give this user read access to ${what} and to the folders above it, or run this as a user who has it`
        : `Give this user ${verb} access to the folder, or run this as a user who has it`;
    case "EISDIR":
      return use === "read" ? "Name a file in it" : "Name a file, not a folder";
    case "ENOTDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return "Correct the path";
    case "EEXIST":
      return "Choose another name: a file that exists is not replaced";
    case "EROFS":
      return "Choose a path on a file system that can be written to";
    case "ENOSPC":
    case "EDQUOT":
      return "Make room, or choose a path on another file system";
    case "EFBIG":
    case "ETIMEDOUT":
      return use === "read" ? "Name the right file" : undefined;
    case "EMFILE":
    case "ENFILE":
      return "Raise the limit of open files (ulimit -n, LimitNOFILE= of a systemd unit)";
    default:
      return undefined;
  }
}

/** The code of an error of the operating system, "ENOENT"; "" for any other. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
