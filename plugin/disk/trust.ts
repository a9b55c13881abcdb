/**
 * Who may change what the program keeps. Nobody but its own user, root, and the groups that it was started with (a
 * Kubernetes volume with `fsGroup` belongs to root and such a group, and is made writable for it at every start):
 * docs/decisions/0012-state-directory.md.
 */

/** What the system says of a file or folder: owner, group, and the mode with its type bits left out. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The process's effective user, and all its groups. */
export interface Self {
  readonly uid: number;
  readonly groups: readonly number[];
}

const STICKY = 0o1000;
const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;

/** Why it must not be used, as the end of "it …"; null where nobody else could have made or could change it. */
export function distrust(found: Ownership, self: Self, isFolder: boolean): string | null {
  const { uid, gid, mode } = found;
  if (uid !== self.uid && uid !== 0) {
    return `belongs to user ${uid}, and this process runs as user ${self.uid}`;
  }
  // In a folder like /tmp others can add names, but neither replace nor remove ours.
  if (isFolder && (mode & STICKY) !== 0) return null;
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  if ((mode & OTHERS_WRITE) !== 0) return `can be written by every user (mode ${bits})`;
  if ((mode & GROUP_WRITE) !== 0 && !self.groups.includes(gid)) {
    return `can be written by group ${gid} (mode ${bits}), which is none of this process`;
  }
  return null;
}
