import type { Credentials } from "../client/client.ts";
import type { AccountConfig, Config, EtcdState, HttpOutput, SealKeyRef } from "../config/config.ts";
import type { QradarConsole } from "../config/qradar_console.ts";
import type { ShipperHttp } from "../deliver/shipper_http.ts";
import type { PathFacts } from "../disk/path_facts.ts";
import type { Effects } from "../effects.ts";
import type { EngineModule } from "../encode/engine.ts";
import type { Release } from "../state/lock.ts";
import type { ReaderWorld } from "../state/stdout_reader.ts";
import type { Asker } from "./asker.ts";
import type { SetupUser } from "./current_user.ts";
import type { SealInputs } from "./seal_inputs.ts";
import type { StatusLine } from "./status_line.ts";

/** Where people and machines read the answer of a command. */
export interface Screen {
  /** True where standard output is a terminal that may show colors (NO_COLOR, https://no-color.org). */
  readonly color: boolean;
  /** True where standard output is a terminal. */
  readonly terminal: boolean;
  /** True where the terminal can move its cursor: not TERM=dumb. */
  readonly cursor: boolean;
  /** Height of the terminal in lines; null where standard output is none, or does not tell. */
  readonly rows: number | null;
  /** Width of the terminal in characters; null where standard output is none, or does not tell. */
  readonly columns: number | null;
  /** Writes text to standard output; resolves once it is accepted, rejects where the reader is gone. */
  write(text: string): Promise<void>;
}

/** The way to Mimecast, resolved. */
export interface Network {
  /** `network.proxy`, which may hold a password; null: as the environment says. */
  readonly proxy: string | null;
  /** Text of `network.ca_file`. */
  readonly caPem: string | null;
}

/** How the QRadar console is reached: apart from the way to Mimecast, and not through its proxy. */
export interface ConsoleWay {
  /** `https://console.example.com`, without a path. */
  readonly origin: string;
  /** An authorized service's token. */
  readonly token: string;
  readonly fetch: Effects["fetch"];
}

/** How etcd is reached: not through the proxy to Mimecast. */
export interface EtcdConnection {
  readonly fetch: Effects["fetch"];
  /** Null: without etcd's authentication. */
  readonly user: { readonly name: string; readonly password: string } | null;
}

/** What runs the program. */
export interface SystemFacts {
  /** Of Node.js. */
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  /** Of the kernel. */
  readonly release: string;
}

/** What `setup` needs of the process. */
export interface SetupHost {
  /** Who runs the program. */
  readonly user: SetupUser;
  /** True where a person can be asked: standard input and standard error are a terminal. */
  readonly terminal: boolean;
  /** Asks on the terminal; null where there is none. */
  asker(): Promise<Asker | null>;
  readSealKey(ref: SealKeyRef): Promise<Uint8Array>;
  /** From here on nothing that is printed shows these keys. */
  hide(credentials: Credentials): void;
}

/** What the command line needs of the process. main.ts gives it. Types only. */
export interface Host {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is known of the process that reads standard output. */
  readonly reader: Omit<ReaderWorld, "effects">;
  /** Of this moment: it changes when the process that started us ends. */
  parentPid(): number;
  /** A folder for temporary files. */
  readonly temporaryFolder: string;
  /** As the system says it. */
  readonly hostName: string;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** Secrets that have been read so far; grows. */
  readonly secrets: readonly string[];
  readonly seal: SealInputs;
  readonly setup: SetupHost;
  readonly screen: Screen;
  /** The status line on standard error; null where that is no terminal, or standard output is one too. */
  readonly statusLine: StatusLine | null;
  readonly system: SystemFacts;
  engine(): EngineModule;
  /** The bytes of a file, or of standard input for null; a file that can't be read is a `ConfigError`. */
  openInput(path: string | null): AsyncIterable<Uint8Array>;
  lock(path: string, what: string): Promise<Release>;
  /** True where another process holds the lock. Takes nothing. */
  lockHeld(path: string): Promise<boolean>;
  /** A text file of the operator's. `action` is the verb of the message. Throws a `ConfigError`. */
  readText(path: string, action: string): Promise<string>;
  /** The names in a folder. Rejects where it can't be read. */
  listFolder(path: string): Promise<string[]>;
  readConfig(path: string): Promise<Config>;
  /** The same again, while the program uses another one: the log stays as it is. */
  rereadConfig(path: string): Promise<Config>;
  /** Differs once the file at a path is another one or has another content, also behind symbolic links. Never fails. */
  fileStamp(path: string): Promise<string>;
  /** Calls `listener` at each SIGHUP, which then ends the program no more; the result ends that. */
  onHangup(listener: () => void): () => void;
  /** Keeps the log in the state directory from now on, as `log.file` says. */
  keepLog(config: Config): void;
  effects(config: Config | null): Promise<Effects>;
  network(config: Config): Promise<Network>;
  /** What the system says of a path; null where nothing is there. */
  pathFacts(path: string): Promise<PathFacts | null>;
  /** The content zip for QRadar, of this version. */
  qradarContent(): Uint8Array;
  /** Its event names and properties: the texts of events.csv and custom-properties.csv of config-examples/qradar. */
  readonly qradarTables: { readonly events: string; readonly properties: string };
  /** The files of config-examples/ for shippers, by their path in there. */
  readonly shipperExamples: Readonly<Record<string, string>>;
  /** The way to the REST API of the QRadar console. */
  qradar(console: QradarConsole, config: Config): Promise<ConsoleWay>;
  /** The way to the store of a fleet. */
  etcd(state: EtcdState, config: Config): Promise<EtcdConnection>;
  /** The way to the shipper's HTTP input. */
  shipperHttp(http: HttpOutput, config: Config): Promise<ShipperHttp>;
  credentials(account: AccountConfig, config: Config): Promise<Credentials>;
  /** The seal key that the configuration at `path` names, unfinished as it may be otherwise; null without. */
  sealKey(path: string): Promise<Uint8Array | null>;
}
