import { readdir } from "node:fs/promises";
import { hostname, release, tmpdir } from "node:os";
import { isatty } from "node:tty";
import type { Config } from "../config/config.ts";
import { findStateDir } from "../config/state_dir.ts";
import { osReason } from "../disk/os_error.ts";
import type { Log } from "../effects.ts";
import { loadEngine } from "../encode/engine.ts";
import { isLockHeld, lockFile } from "../state/lock.ts";
import { asciiStream, showsUnicode } from "../text/terminal_text.ts";
import { connections } from "./connections.ts";
import { currentUser } from "./current_user.ts";
import type { Host, SetupHost } from "./host.ts";
import { createLog } from "./log.ts";
import { createLogFile, logFolder } from "./log_file.ts";
import { pathFacts } from "./node.ts";
import { isJournal, pipeReaders } from "./node_pipe_readers.ts";
import { nodeScreen } from "./node_screen.ts";
import { nodeSealInputs } from "./node_seal_inputs.ts";
import {
  fileStamp,
  readConfigFile,
  readNamedFile,
  readPieces,
  type TextFile,
} from "./operator_files.ts";
import { createStatusLine } from "./status_line.ts";
import type { UnreadLog } from "./unread_log.ts";
import { openVault, type Vault } from "./vault.ts";

const STDIN = 0;
const STDERR = 2;

/** The running program. main.ts makes it. */
export interface Process {
  readonly version: string;
  /** The engine's module. */
  wasm(): Uint8Array;
  /** The content zip for QRadar. */
  qradarContent(): Uint8Array;
  /** What is in it, as CSV. */
  readonly qradarTables: Host["qradarTables"];
  /** The files of config-examples/ for shippers, by their path in there. */
  readonly shipperExamples: Readonly<Record<string, string>>;
  /** Secrets that have been read so far; grows. */
  readonly secrets: string[];
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** A further destination of the log if nobody reads standard error; null if somebody does. */
  readonly unread: UnreadLog | null;
  /** Replaced when the configuration has been read. */
  log: Log;
}

/** The host over this process. */
export function processHost(self: Process): Host {
  const screen = nodeScreen();
  const vault = openVault(self.secrets);
  return {
    version: self.version,
    qradarContent: self.qradarContent,
    qradarTables: self.qradarTables,
    shipperExamples: self.shipperExamples,
    env: process.env,
    parentPid: () => process.ppid,
    reader: {
      pid: process.pid,
      parentPid: () => process.ppid,
      terminal: isatty(STDIN) || isatty(STDERR),
      journal: isJournal(process.env.JOURNAL_STREAM),
      pipeReaders,
    },
    temporaryFolder: tmpdir(),
    hostName: hostname(),
    signal: self.signal,
    secrets: self.secrets,
    engine: () => loadEngine(self.wasm()),
    openInput: (path) => (path === null ? process.stdin : readPieces(path)),
    lock: lockFile,
    lockHeld: isLockHeld,
    pathFacts,
    system: {
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
      release: release(),
    },
    statusLine:
      process.stderr.isTTY === true && process.stdout.isTTY !== true
        ? createStatusLine(
            (text) => process.stderr.write(text),
            () => process.stderr.columns,
          )
        : null,
    screen,
    readText: readNamedFile,
    fileStamp,
    onHangup(listener) {
      process.on("SIGHUP", listener);
      return () => process.off("SIGHUP", listener);
    },
    listFolder: (path) => readdir(path),
    ...configuration(self),
    ...connections(vault, () => self.log),
    setup: setupHost(self, vault),
    seal: nodeSealInputs(screen),
  };
}

function configuration(self: Process): Pick<Host, "readConfig" | "rereadConfig" | "keepLog"> {
  const { secrets } = self;
  async function parse(path: string, { text, mode }: TextFile): Promise<Config> {
    const { parseConfig } = await import("../config/parse_config.ts");
    return parseConfig(text, process.env, { fileName: path, mode, nowMs: Date.now() });
  }
  return {
    rereadConfig: async (path) => parse(path, await readConfigFile(path)),
    async readConfig(path) {
      const file = await readConfigFile(path);
      const stateDir = findStateDir(file.text);
      if (stateDir !== null) self.unread?.useStateDir(stateDir);
      const config = await parse(path, file);
      self.log = createLog({ level: config.log.level, secrets: () => secrets, keep: self.unread });
      return config;
    },
    keepLog({ log: { level, file, maxFileBytes, maxFiles }, stateDir }) {
      // Whatever `log.file` says, because nobody can read another log.
      if (self.unread !== null)
        return self.unread.useStateDir(stateDir, { maxFileBytes, maxFiles });
      if (!file) return;
      const stderrOnly = self.log;
      const folder = logFolder(stateDir);
      const onFailure = (error: unknown) =>
        stderrOnly("warn", "Cannot keep the log in a file", {
          folder,
          error: osReason(error, "create"),
        });
      const kept = createLogFile({ folder, maxFileBytes, maxFiles, onFailure });
      self.log = createLog({ level, secrets: () => secrets, keep: kept });
    },
  };
}

function setupHost(self: Process, { sealKeyOf, hide }: Vault): SetupHost {
  return {
    get user() {
      return currentUser();
    },
    terminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
    async asker() {
      if (!this.terminal) return null;
      const { clackAsker } = await import("./clack_asker.ts");
      return clackAsker({
        input: process.stdin,
        output: showsUnicode(process.env) ? process.stderr : asciiStream(process.stderr),
        signal: self.signal,
      });
    },
    readSealKey: async (ref) => (await sealKeyOf(ref)) as Uint8Array,
    hide,
  };
}
