import { access, constants, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, osReason, osRemedy } from "../../disk/os_error.ts";
import { ConfigError } from "../../errors.ts";

/** Owner and mode that a new file gets. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The files that `setup` writes: the configuration, the seal key, secrets. Failures are `ConfigError`s. */
export interface SetupFiles {
  /** Null where there is no such file. */
  ownership(path: string): Promise<Ownership | null>;
  /** True where this user can write in the folder, or make it. */
  isUsable(folder: string): Promise<boolean>;
  /** Makes a folder of mode 0700, with those above it. */
  makeFolder(folder: string): Promise<void>;
  /** Replaces the file as a whole: a crash leaves the old or the new one. Missing folders are made with mode 0700. */
  write(path: string, text: string, ownership: Ownership | null): Promise<void>;
}

/** `SetupFiles` on Node. */
export const setupFiles: SetupFiles = {
  async ownership(path) {
    try {
      const { uid, gid, mode } = await stat(path);
      return { uid, gid, mode: mode & 0o777 };
    } catch (cause) {
      if (codeOf(cause) === "ENOENT") return null;
      throw refusal("read", path, cause);
    }
  },
  async isUsable(folder) {
    const found = await stat(folder).catch((error) => codeOf(error));
    if (found === "ENOENT" && dirname(folder) !== folder)
      return setupFiles.isUsable(dirname(folder));
    if (typeof found !== "object" || !found.isDirectory()) return false;
    return access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
  },
  async makeFolder(folder) {
    if (await stat(folder).catch(() => null)) return;
    try {
      await setupFiles.makeFolder(dirname(folder));
      await mkdir(folder, { mode: 0o700 });
    } catch (cause) {
      throw cause instanceof ConfigError ? cause : refusal("make", folder, cause);
    }
  },
  async write(path, text, wanted) {
    const temporary = `${path}.new`;
    try {
      await setupFiles.makeFolder(dirname(path));
      const ownership = wanted ?? (await ownerOfFolder(dirname(path)));
      // Left by a setup that was killed.
      await rm(temporary, { force: true });
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(text);
        if (ownership !== null) {
          await file.chown(ownership.uid, ownership.gid);
          await file.chmod(ownership.mode);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {});
      throw cause instanceof ConfigError ? cause : refusal("write", path, cause);
    }
  },
};

/** Root writes for the user that the folder belongs to; null: for the user that runs setup. */
async function ownerOfFolder(folder: string): Promise<Ownership | null> {
  if (process.geteuid?.() !== 0) return null;
  const { uid, gid } = await stat(folder);
  return { uid, gid, mode: 0o600 };
}

function refusal(action: string, path: string, cause: unknown): ConfigError {
  const use = action === "read" ? "read" : "create";
  return new ConfigError(`Cannot ${action} ${JSON.stringify(path)}: ${osReason(cause, use)}`, {
    code: "setup_file",
    cause,
    hint: osRemedy(cause, use) ?? "Name another file with --config",
  });
}
