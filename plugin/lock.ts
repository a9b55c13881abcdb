import { open } from "node:fs/promises";
import { StateError } from "./errors.ts";
import { codeOf, stateError } from "./state_error.ts";

/** Ends the lock. The operating system ends it too when the process dies, however it dies. */
export type Release = () => void;

/**
 * Takes the lock of an account: a kernel lock (fcntl, through SQLite) on the file, so it goes with the process,
 * needs no clean-up after SIGKILL, and holds between containers that share the volume. The file stays empty.
 * Throws `StateError` code `lock_held` where another process has it. See docs/decisions/0006-lock.md.
 */
export async function lockFile(path: string, account: string): Promise<Release> {
  try {
    await (await open(path, "ax", 0o600)).close();
  } catch (error) {
    // An existing file must not even be opened here: closing it would end a lock of this very process (fcntl).
    if (codeOf(error) !== "EEXIST") throw stateError("create lock", path, error);
  }
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (!/locked|busy/i.test(String(cause))) throw stateError("lock", path, cause);
    throw new StateError(`Cannot open account "${account}": another process holds "${path}"`, {
      code: "lock_held",
      cause,
      hint: "Run one instance per account; give a second shipper another --account, or another state_dir",
    });
  }
  return () => database.close();
}
