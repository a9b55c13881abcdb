import * as fs from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../disk/os_error.ts";
import { refuseForeign } from "../disk/own_path.ts";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = fs.constants;

/** Where the log is kept, and how much of it. */
export interface LogFileOptions {
  readonly folder: string;
  /** The log rotates a file that would grow beyond this. */
  readonly maxFileBytes: number;
  /** The current file and the older ones. */
  readonly maxFiles: number;
  /** True: makes the parent folder too, if there is none. */
  readonly makeParent?: boolean;
  /** Called once, with the first failure, after which the log keeps nothing. */
  readonly onFailure?: (error: unknown) => void;
}

/** A log that is kept in files. */
export interface LogFile {
  /** False if the line was not kept. */
  write(line: string): boolean;
}

/** Name of the current file; older ones have `.1`, `.2` … at the end. */
export const LOG_FILE = "mimecast-input.jsonl";

/** The folder of the kept log in a state directory. No account's folder begins with a dot. */
export function logFolder(stateDir: string): string {
  return `${stateDir}/.log`;
}

/** The file in which the newest lines are. */
export function logPath(stateDir: string): string {
  return `${logFolder(stateDir)}/${LOG_FILE}`;
}

/**
 * A log in files (0600, folder 0700) that rotate by size. It makes its folder, and the one above only with `makeParent`.
 * Several processes may write at once: each line is one write to the end of the file, and a process leaves a file that
 * another one has rotated. A failure, or a file that another user could change, ends the log, never the program.
 */
export function createLogFile(options: LogFileOptions): LogFile {
  const path = `${options.folder}/${LOG_FILE}`;
  let open: { readonly fd: number; readonly inode: number } | null = null;
  let broken = false;

  function current(): { readonly fd: number; readonly inode: number } {
    if (open !== null && fs.statSync(path, { throwIfNoEntry: false })?.ino === open.inode)
      return open;
    if (open !== null) fs.closeSync(open.fd);
    open = null;
    if (!fs.existsSync(options.folder)) makeFolder();
    refuseForeign(dirname(options.folder), fs.statSync(dirname(options.folder)));
    refuseForeign(options.folder, fs.lstatSync(options.folder));
    const fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    const stats = fs.fstatSync(fd);
    open = { fd, inode: stats.ino };
    refuseForeign(path, stats);
    return open;
  }

  /** Step by step, because the recursive mkdir of Node.js never ends below /proc. */
  function makeFolder(): void {
    const parent = dirname(options.folder);
    if (options.makeParent && !fs.existsSync(parent)) fs.mkdirSync(parent, { mode: 0o700 });
    fs.mkdirSync(options.folder, { mode: 0o700 });
  }

  function putAside(): void {
    if (options.maxFiles === 1) fs.rmSync(path, { force: true });
    for (let number = options.maxFiles - 1; number >= 1; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      if (fs.statSync(from, { throwIfNoEntry: false })) fs.renameSync(from, `${path}.${number}`);
    }
  }

  return {
    write(line) {
      if (broken) return false;
      try {
        const { fd } = current();
        const bytes = Buffer.from(line);
        const { size } = fs.fstatSync(fd);
        if (size > 0 && size + bytes.length > options.maxFileBytes) putAside();
        fs.writeSync(current().fd, bytes);
        return true;
      } catch (error) {
        // No state directory yet: nothing was collected, and the log must not make one.
        if (codeOf(error) === "ENOENT" && open === null) return false;
        broken = true;
        options.onFailure?.(error);
        return false;
      }
    },
  };
}
