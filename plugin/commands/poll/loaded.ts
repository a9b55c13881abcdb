import { createHash } from "node:crypto";
import type { AccountConfig, Config } from "../../config/config.ts";
import { isInShard } from "../../config/shard.ts";
import type { ShipperHttp } from "../../deliver/shipper_http.ts";
import { isKnownError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { someAccounts } from "../chosen_accounts.ts";
import { type ConfiguredWorld, configuredWorld, type PollOptions } from "../poll_world.ts";

/** A configuration with everything that a poll needs of it. */
export interface Loaded {
  readonly config: Config;
  readonly world: ConfiguredWorld;
  /** The accounts to collect. */
  readonly accounts: readonly AccountConfig[];
  /** For each of them a digest of everything that its collection depends on, secrets included. */
  readonly keys: ReadonlyMap<string, string>;
  /** The way to the shipper's HTTP input; null where lines go elsewhere. */
  readonly shipper: ShipperHttp | null;
}

/** The accounts of a command line. Accounts that are named are collected whatever the shard. */
export function accountsOf(config: Config, options: PollOptions): readonly AccountConfig[] {
  const { accounts, shard = config.shard } = options;
  const chosen = someAccounts(config, accounts, "poll");
  if (accounts.length > 0 || shard === null) return chosen;
  return chosen.filter(({ name }) => isInShard(name, shard));
}

/**
 * Resolves everything that the configuration names. Throws a `ConfigError` for the first file or secret that can't be used;
 * with `isLenient` an account whose secrets can't be read has a key of its own instead.
 */
export async function loadAll(
  host: Host,
  config: Config,
  options: PollOptions,
  isLenient = false,
): Promise<Loaded> {
  const accounts = accountsOf(config, options);
  const world = await configuredWorld(host, config);
  const { poll, output, mapping, network } = config;
  const shared = [poll, output, mapping, network, await host.network(config)];
  const keys = new Map<string, string>();
  for (const account of accounts) {
    const credentials = await world.credentials(account).catch((error) => {
      if (!isLenient || !isKnownError(error)) throw error;
      return error.code;
    });
    const text = JSON.stringify([shared, account, credentials]);
    keys.set(account.name, createHash("sha256").update(text).digest("base64"));
  }
  const { target } = config;
  const shipper =
    target === null || target.kind === "file" ? null : await world.shipperHttp(target);
  return { config, world, accounts, keys, shipper };
}
