import { userInfo } from "node:os";

/** Who runs `setup`. */
export interface SetupUser {
  readonly name: string;
  readonly uid: number;
}

/** The user that runs the program. In a container the user may have no name: then its number. */
export function currentUser(): SetupUser {
  try {
    const { uid, username: name } = userInfo();
    return { uid, name };
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { uid, name: String(uid) };
  }
}
