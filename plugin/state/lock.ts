import { open, stat } from "node:fs/promises";
import { codeOf } from "../disk/os_error.ts";
import { refuseOdd } from "../disk/own_path.ts";
import { stateError } from "../disk/state_error.ts";
import { StateError } from "../errors.ts";

/** Releases the lock. The operating system releases it too when the process dies. */
export type Release = () => void;

/**
 * Takes the lock of `what`, `account "acme"` or a file: a kernel lock (fcntl, through SQLite) on the file. It ends with the process,
 * needs no clean-up after SIGKILL, and works between containers that share the volume. The file stays empty.
 * Throws `StateError` code `lock_held` if another process has it. See docs/decisions/0006-lock.md.
 */
export async function lockFile(path: string, what: string): Promise<Release> {
  try {
    await (await open(path, "ax", 0o600)).close();
  } catch (error) {
    // An existing file must not even be opened here: closing it would end a lock of this very process (fcntl).
    if (codeOf(error) !== "EEXIST") throw stateError("create lock", path, error);
    refuseOdd(path, await stat(path));
  }
  const { DatabaseSync } = await import("node:sqlite");
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    if (!/locked|busy/i.test(String(cause))) throw stateError("lock", path, cause);
    throw new StateError(`Cannot open ${what}: another process holds "${path}"`, {
      code: "lock_held",
      cause,
      hint: "Run one instance per account; give a second shipper another --account, another state_dir, or another output.file.path",
    });
  }
  return () => database?.close();
}

/**
 * True if another process holds the lock. Asks with a shared lock on an existing file and releases it at once: it writes
 * nothing, and a poll that starts at that moment waits for it.
 */
export async function isLockHeld(path: string): Promise<boolean> {
  try {
    refuseOdd(path, await stat(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error instanceof StateError ? error : stateError("read lock", path, error);
  }
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 0; SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (cause) {
    if (/locked|busy/i.test(String(cause))) return true;
    throw stateError("read lock", path, cause);
  } finally {
    database.close();
  }
}
