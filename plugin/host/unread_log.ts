import * as fs from "node:fs";
import { getBuiltinModule } from "node:process";
import { DEFAULTS } from "../config/defaults.ts";
import { createLogFile, type LogFile, logFolder } from "./log_file.ts";

/** Sizes of the kept log, as the configuration has them. */
export interface LogSizes {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

/** The log of a program whose standard error nobody reads: in files of a state directory, else in the system's log. */
export interface UnreadLog {
  write(line: string): void;
  /** Makes this state directory the first one. */
  useStateDir(stateDir: string, sizes?: LogSizes): void;
}

const SIZES: LogSizes = {
  maxFileBytes: DEFAULTS.log.max_file_bytes,
  maxFiles: DEFAULTS.log.max_files,
};

/**
 * syslog-ng's `program()` and Vector's `include_stderr = false` give their children /dev/null as standard error. Each line
 * goes into the first state directory that accepts it; if none does, warnings and errors go to `systemLog`.
 */
export function createUnreadLog(
  stateDirs: readonly string[],
  systemLog: (line: string) => void = tellSystemLog,
): UnreadLog {
  const files = new Map<string, LogFile>();
  let order: readonly string[] = stateDirs;
  const fileIn = (stateDir: string, { maxFileBytes, maxFiles }: LogSizes): LogFile => {
    const folder = logFolder(stateDir);
    const file = createLogFile({ folder, maxFileBytes, maxFiles, makeParent: true });
    files.set(stateDir, file);
    return file;
  };
  return {
    write(line) {
      for (const stateDir of order) {
        if ((files.get(stateDir) ?? fileIn(stateDir, SIZES)).write(line)) return;
      }
      if (/^\{"level":"(?:warn|error)"/.test(line)) systemLog(line);
    },
    useStateDir(stateDir, sizes = SIZES) {
      order = [stateDir, ...order.filter((one) => one !== stateDir)];
      fileIn(stateDir, sizes);
    },
  };
}

/** True where standard error is /dev/null or closed. */
export function isStderrUnread(): boolean {
  try {
    const stderr = fs.fstatSync(2);
    return stderr.isCharacterDevice() && stderr.rdev === fs.statSync("/dev/null").rdev;
  } catch {
    return true;
  }
}

/** logger(1) of util-linux: Node.js itself has no datagram sockets for /dev/log. */
function tellSystemLog(line: string): void {
  const args = ["-t", "mimecast-input", "-p", "daemon.err"];
  getBuiltinModule("node:child_process").spawnSync("logger", args, {
    input: line,
    stdio: ["pipe", "ignore", "ignore"],
    timeout: 5_000,
  });
}
