import { readdir } from "node:fs/promises";
import { hostname, release, tmpdir } from "node:os";
import { isatty } from "node:tty";
import { createFetch } from "../client/undici_fetch.ts";
import type { Config } from "../config/config.ts";
import { findStateDir } from "../config/state_dir.ts";
import { osReason } from "../disk/os_error.ts";
import type { Log } from "../effects.ts";
import { loadEngine } from "../encode/engine.ts";
import { isLockHeld, lockFile } from "../state/lock.ts";
import { asciiStream, showsUnicode } from "../text/terminal_text.ts";
import { currentUser } from "./current_user.ts";
import type { Host, SetupHost } from "./host.ts";
import { createLog } from "./log.ts";
import { createLogFile, logFolder } from "./log_file.ts";
import { nodeEffects, pathFacts } from "./node.ts";
import { isJournal, pipeReaders } from "./node_pipe_readers.ts";
import { nodeScreen } from "./node_screen.ts";
import { nodeSealInputs } from "./node_seal_inputs.ts";
import {
  fileStamp,
  readConfigFile,
  readNamedFile,
  readPem,
  readPieces,
  type TextFile,
} from "./operator_files.ts";
import { createStatusLine } from "./status_line.ts";
import type { UnreadLog } from "./unread_log.ts";
import { openVault, secretsRoom, type Vault } from "./vault.ts";

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
  /** Secrets that have been read so far; grows. */
  readonly secrets: string[];
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** Where the log goes besides, because nobody reads standard error; null where somebody does. */
  readonly unread: UnreadLog | null;
  /** Replaced when the configuration has been read. */
  log: Log;
}

/** What commands may use of the process. */
export function processHost(self: Process): Host {
  const screen = nodeScreen();
  const vault = openVault(self.secrets);
  return {
    version: self.version,
    qradarContent: self.qradarContent,
    qradarTables: self.qradarTables,
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
    ...connections(self, vault),
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
      self.log = createLog({
        level: config.log.level,
        secrets: () => secrets,
        ...keep(self.unread),
      });
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

function connections(
  self: Process,
  vault: Vault,
): Pick<
  Host,
  "effects" | "etcd" | "network" | "shipperHttp" | "qradar" | "credentials" | "sealKey"
> {
  const { network, credentials, sealKey } = vault;
  return {
    network,
    credentials,
    sealKey,
    async effects(config) {
      if (config === null) return nodeEffects(createFetch({ env: process.env }), self.log);
      const { connectTimeoutMs } = config.network;
      const { proxy, caPem } = await network(config);
      const fetch = createFetch({
        connectTimeoutMs,
        env: process.env,
        ...(proxy === null ? {} : { proxy }),
        ...(caPem === null ? {} : { caPem }),
      });
      return nodeEffects(fetch, self.log);
    },
    async shipperHttp(http, config) {
      const { connectTimeoutMs } = config.network;
      const { openShipperHttp } = await import("../deliver/shipper_http.ts");
      const opened = await openShipperHttp(
        http,
        connectTimeoutMs,
        await vault.sources(config),
        readPem,
      );
      vault.add(opened.secrets);
      return opened;
    },
    async etcd({ user, caFile, certFile, keyFile, leaseMs }, config) {
      const pem = async (path: string | null, key: string) =>
        path === null ? null : await readPem(path, `state.${key}`);
      const caPem = await pem(caFile, "ca_file");
      const certPem = await pem(certFile, "cert_file");
      const keyPem = await pem(keyFile, "key_file");
      const fetch = createFetch({
        connectTimeoutMs: Math.min(config.network.connectTimeoutMs, leaseMs / 6),
        env: {},
        ...(caPem === null ? {} : { caPem }),
        ...(certPem === null || keyPem === null ? {} : { client: { certPem, keyPem } }),
      });
      if (user === null) return { fetch, user };
      const { resolveSecret } = await secretsRoom();
      const from = await vault.sources(config);
      const password = await resolveSecret(user.password, "state.password", from);
      vault.add([password]);
      return { fetch, user: { name: user.name, password } };
    },
    async qradar({ origin, token: ref, caFile, proxy: proxyRef }, config) {
      const { proxySecrets, resolveProxyUrl, resolveSecret } = await secretsRoom();
      const from = await vault.sources(config);
      const token = await resolveSecret(ref, "qradar.token", from);
      const proxy =
        proxyRef === null ? null : await resolveProxyUrl(proxyRef, "qradar.proxy", from);
      vault.add([token, ...(proxy === null ? [] : proxySecrets(proxy))]);
      const caPem = caFile === null ? null : await readPem(caFile, "qradar.ca_file");
      const fetch = createFetch({
        connectTimeoutMs: config.network.connectTimeoutMs,
        env: {},
        ...(proxy === null ? {} : { proxy }),
        ...(caPem === null ? {} : { caPem }),
      });
      return { origin, token, fetch };
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

function keep(unread: UnreadLog | null): { readonly keep?: UnreadLog } {
  return unread === null ? {} : { keep: unread };
}
