import type { RateLimits } from "../client/budget/rate_limit.ts";
import type { Api } from "../client/regions.ts";
import type { LogLevel } from "../effects.ts";
import type { EngineSettings } from "../encode/engine.ts";
import type { SourceName } from "../sources/names.ts";
import type { SourceMode } from "../sources/registry.ts";
import type { CredentialRefs } from "./credentials.ts";
import type { EtcdState } from "./etcd_state.ts";
import type { HttpServer } from "./http_server.ts";
import type { QradarConsole } from "./qradar_console.ts";
import type { SealKeyRef, SecretRef } from "./secret_ref.ts";
import type { Shard } from "./shard.ts";
import type { ShipperName } from "./shipper.ts";
import type { Start } from "./start.ts";
import type { Target } from "./target.ts";

/** One source of an account. */
export interface SourceConfig {
  readonly name: SourceName;
  readonly mode: SourceMode;
  readonly intervalMs: number;
  readonly start: Start;
  /** How far a window reaches back for records that came late. */
  readonly overlapMs: number;
}

/** One Mimecast account. */
export interface AccountConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly api: Api;
  /** `https://host` or, on loopback, `http://host:port`: no slash at the end. */
  readonly baseUrl: string;
  /** The configured region; null if `base_url` is set. */
  readonly region: string | null;
  /** Host names, or `*.` and a domain, in lower case. */
  readonly downloadHosts: readonly string[];
  readonly credentials: CredentialRefs;
  readonly sources: readonly SourceConfig[];
  readonly rateLimits: RateLimits;
  /** EventIDs that are not delivered. */
  readonly dropped: readonly string[];
  /** Host of the syslog header, with the account's name in it. */
  readonly hostname: string;
  /** `account` of the JSON lines, and `accountName` where Mimecast names no account. */
  readonly label: string;
}

/** The configuration, complete and in milliseconds. Holds no secret that printing would show. */
export interface Config {
  readonly stateDir: string;
  /** The store that several machines share; null: the state directory alone. */
  readonly state: EtcdState | null;
  readonly accounts: readonly AccountConfig[];
  readonly poll: {
    readonly intervalMs: number;
    readonly maxRunMs: number;
    readonly settleMs: number;
    readonly lagBytes: number;
    readonly quarantineAfter: number;
    readonly maxConcurrency: number;
    readonly healthIntervalMs: number;
  };
  readonly output: Pick<
    EngineSettings,
    "format" | "maxLineBytes" | "delimiter" | "leefVersion" | "usrName"
  >;
  /** Null: stdout. */
  readonly target: Target | null;
  /** Lines a second, all accounts together; null: no limit. */
  readonly maxEventsPerSecond: number | null;
  /** The part of the accounts that this process collects; null: all. */
  readonly shard: Shard | null;
  /** The shipper that runs the program; null if the file names none. */
  readonly shipper: ShipperName | null;
  readonly handover: "shipper" | "drained";
  readonly network: {
    /** Proxy URL, a secret; null: as the environment says. */
    readonly proxy: SecretRef | null;
    readonly caFile: string | null;
    readonly connectTimeoutMs: number;
    readonly timeoutMs: number;
  };
  readonly mapping: EngineSettings["mapping"];
  readonly sealKey: SealKeyRef | null;
  /** The REST API of the QRadar console; null: none. */
  readonly qradar: QradarConsole | null;
  /** Where `poll --follow` answers probes and scrapes; null: nowhere. */
  readonly httpServer: HttpServer | null;
  /** File for Prometheus; null: none. */
  readonly metricsFile: string | null;
  readonly log: {
    readonly level: LogLevel;
    /** True: the state directory keeps the log too. */
    readonly file: boolean;
    readonly maxFileBytes: number;
    readonly maxFiles: number;
  };
}

export type { CredentialRefs } from "./credentials.ts";
export type { EtcdState } from "./etcd_state.ts";
export type { FileOutput } from "./file_output.ts";
export type { HttpOutput } from "./http_output.ts";
export type { SealKeyRef, SecretRef } from "./secret_ref.ts";
export type { Start } from "./start.ts";
export type { Target } from "./target.ts";
