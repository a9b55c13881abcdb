import type { Config } from "../../config/config.ts";
import type { Host } from "../../host/host.ts";
import type { StatusWorld } from "./status.ts";

/** What `readStatus` and `liveness` need where a fleet is configured; nothing where none is. */
export async function fleetPositions(
  config: Config,
  host: Pick<Host, "etcd" | "hostName">,
): Promise<Pick<StatusWorld, "positions" | "worker">> {
  const { state } = config;
  if (state === null) return {};
  const { openStore, workerName } = await import("../../fleet/open_fleet.ts");
  const { readPositions } = await import("../../fleet/positions.ts");
  const { etcd, keys } = await openStore(state, { etcd: (wanted) => host.etcd(wanted, config) });
  return {
    positions: () => readPositions(etcd, keys),
    worker: workerName(state, host.hostName),
  };
}
