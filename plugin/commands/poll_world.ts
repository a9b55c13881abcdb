import type { Credentials } from "../client/client.ts";
import type { AccountConfig, Config, EtcdState, HttpOutput } from "../config/config.ts";
import type { Shard } from "../config/shard.ts";
import type { ShipperHttp } from "../deliver/shipper_http.ts";
import type { Effects } from "../effects.ts";
import type { EngineModule, EngineSettings } from "../encode/engine.ts";
import type { EtcdConnection, Host } from "../host/host.ts";
import type { ReaderWorld } from "../state/stdout_reader.ts";

/** The command line of `poll`, read. */
export interface PollOptions {
  readonly mode: "once" | "follow";
  /** Names of accounts; empty means all that are enabled. */
  readonly accounts: readonly string[];
  /** Instead of the configuration's; counts only where no accounts are named. */
  readonly shard?: Shard;
  readonly format?: EngineSettings["format"];
  /** Only these feeds; default: all that the configuration has. */
  readonly sources?: readonly string[];
}

/** What depends on the configuration. */
export interface ConfiguredWorld {
  readonly effects: Effects;
  readonly engine: EngineModule;
  /** The way to the store of a fleet. */
  etcd(state: EtcdState): Promise<EtcdConnection>;
  shipperHttp(http: HttpOutput): Promise<ShipperHttp>;
  credentials(account: AccountConfig): Promise<Credentials>;
}

/** What `poll` needs of the process. */
export interface PollWorld
  extends ConfiguredWorld,
    ReaderWorld,
    Pick<
      Host,
      | "version"
      | "signal"
      | "secrets"
      | "temporaryFolder"
      | "hostName"
      | "lock"
      | "statusLine"
      | "qradar"
    > {
  readonly effects: Effects;
  /** The configuration file, where it may change while the program runs. */
  readonly reload?: ReloadSource;
}

/** The configuration file of a poll that follows. */
export interface ReloadSource {
  readonly path: string;
  /** Of the file before it was read for the first time. */
  readonly stamp: string;
  readonly host: Host;
}

/** The host's means for a configuration. */
export async function configuredWorld(host: Host, config: Config): Promise<ConfiguredWorld> {
  return {
    effects: await host.effects(config),
    engine: host.engine(),
    etcd: (state) => host.etcd(state, config),
    shipperHttp: (http) => host.shipperHttp(http, config),
    credentials: (account) => host.credentials(account, config),
  };
}
