/**
 * Who may change the program's files: its own user, root, and the groups of the process (a Kubernetes volume with `fsGroup`
 * belongs to root and such a group, which may write it): docs/decisions/0012-state-directory.md.
 */

/** Owner, group and mode (without type bits) of a file or folder. */
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

/** Why the program must not use it, as the end of "it …"; null if nobody else could have made or could change it. */
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
