import { constants, type Stats } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../disk/os_error.ts";
import { processSelf } from "../disk/own_path.ts";
import { outputError } from "../disk/state_error.ts";
import type { AppendFile, FileMaking } from "../effects.ts";
import { ConfigError, StateError } from "../errors.ts";
import { lineWriter } from "./line_writer.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/** Opens or makes the file of `output.file`. Throws a `StateError`, or a `ConfigError` for an unknown group. */
export async function appendFile(path: string, made: FileMaking): Promise<AppendFile> {
  const file = await openOrMake(path, made);
  const { ino, dev, size } = await refused("open", path, () => file.stat());
  const writer = lineWriter(file.fd, path);
  return {
    identity: identityOf({ ino, dev }),
    sizeBytes: size,
    write: (bytes) => refused("write to", path, () => writer.write(bytes)),
    sync: () => refused("sync", path, () => writer.sync()),
    close: () => refused("close", path, () => file.close()),
  };
}

/** The same for two names of one file. */
export function identityOf({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

async function openOrMake(path: string, made: FileMaking): Promise<FileHandle> {
  const found = await open(path, O_RDWR | O_APPEND | O_NOFOLLOW).catch((error) => {
    if (codeOf(error) === "ENOENT") return null;
    throw outputError("open", path, error);
  });
  if (found === null) return make(path, made);
  const why = await strangeness(found);
  if (why === null) return found;
  await found.close();
  throw new StateError(`Cannot write to ${JSON.stringify(path)}: it ${why}`, {
    code: "state_untrusted",
    hint: "Name a file of its own with output.file.path, in a folder that belongs to the user that runs the program",
  });
}

/** Why a file may not be ours: another user could have placed it, or linked a second name to a file of ours. */
async function strangeness(file: FileHandle): Promise<string | null> {
  const found = await file.stat();
  const self = processSelf();
  if (!found.isFile()) return "is no regular file";
  if (self === null) return null;
  if (found.uid !== self.uid) return `belongs to user ${found.uid}`;
  return found.nlink > 1 ? "has a second name" : null;
}

/** Sets owner and mode first, so that others can never read a line, and syncs the name before a line counts. */
async function make(path: string, { mode, group }: FileMaking): Promise<FileHandle> {
  const gid = group === null ? null : await groupId(group);
  const file = await refused("create", path, () =>
    open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CREAT | O_EXCL, 0o600),
  );
  await refused("create", path, async () => {
    if (gid !== null) await file.chown(-1, gid);
    await file.chmod(mode);
    const folder = await open(dirname(path), "r");
    await folder.sync().finally(() => folder.close());
  });
  return file;
}

/** Groups that only a directory service knows go by their number. */
async function groupId(group: string | number): Promise<number> {
  if (typeof group === "number") return group;
  const table = await readFile("/etc/group", "utf8").catch(() => "");
  const line = table.split("\n").find((each) => each.startsWith(`${group}:`));
  const gid = Number(line?.split(":")[2] ?? Number.NaN);
  if (Number.isInteger(gid)) return gid;
  throw new ConfigError(
    `Cannot give a file to the group ${JSON.stringify(group)}: it is not in /etc/group`,
    {
      code: "output_group",
      hint: "Correct output.file.group, or give the number of the group (getent group NAME)",
    },
  );
}

async function refused<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw outputError(action, path, error);
  }
}
