import type { Stats } from "node:fs";
import { StateError } from "../errors.ts";
import { distrust, type Self } from "./trust.ts";

/** The effective user and groups; null where the system has none (Windows). */
export function processSelf(): Self | null {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  if (uid === undefined || gid === undefined) return null;
  return { uid, groups: [gid, ...(process.getgroups?.() ?? [])] };
}

/**
 * Throws a `StateError` code `state_untrusted` for a file or folder that another user could have made or could change, and for
 * what is neither: opening a pipe waits for its other end.
 */
export function refuseForeign(path: string, found: Stats): void {
  const self = processSelf();
  if (self === null) return;
  const why = found.isSymbolicLink()
    ? "is a symbolic link"
    : distrust(found, self, found.isDirectory());
  if (why === null) {
    refuseOdd(path, found);
    return;
  }
  throw new StateError(`Cannot use "${path}": it ${why}`, {
    code: "state_untrusted",
    hint: "Run as the user that owns state_dir, and let nobody else write there: chown -R USER, chmod -R go-w; see docs/security.md",
  });
}

/** Throws a `StateError` code `state_untrusted` for what is neither a file nor a folder. */
export function refuseOdd(path: string, found: Stats): void {
  if (found.isFile() || found.isDirectory()) return;
  throw new StateError(`Cannot use "${path}": it is neither a file nor a folder`, {
    code: "state_untrusted",
    hint: "Remove it: the program makes the files of state_dir itself",
  });
}
