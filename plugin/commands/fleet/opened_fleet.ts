import type { Config, EtcdState } from "../../config/config.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";

/** The store of the configured fleet; a `ConfigError` where none is configured. */
export async function openedFleet(config: Config, action: string, host: Pick<Host, "etcd">) {
  const state = fleetOf(config, action);
  const { openStore } = await import("../../fleet/open_fleet.ts");
  return openStore(state, { etcd: (wanted) => host.etcd(wanted, config) });
}

function fleetOf({ state }: Pick<Config, "state">, action: string): EtcdState {
  if (state !== null) return state;
  throw new ConfigError(`Cannot ${action}: the configuration has no "state"`, {
    code: "no_fleet",
    hint: "A fleet needs state: { store: etcd, endpoints: [https://HOST:2379] }: docs/fleet.md",
  });
}
