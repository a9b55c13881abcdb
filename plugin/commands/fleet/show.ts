import type { Config } from "../../config/config.ts";
import { EXIT } from "../../errors.ts";
import { readPositions } from "../../fleet/positions.ts";
import { sharer } from "../../fleet/shares.ts";
import type { Host } from "../../host/host.ts";
import { readStatus } from "../status/status.ts";
import { watched } from "../watched.ts";
import { type FleetReport, fleetReport } from "./fleet_report.ts";
import { openedFleet } from "./opened_fleet.ts";
import { fleetText } from "./text.ts";

/** `fleet`: workers, accounts, who has which, once or again and again. Exit code 1: an account has no worker. */
export async function show(
  config: Config,
  options: { readonly json: boolean; readonly watchSecs: number | null },
  host: Host,
): Promise<number> {
  const { etcd, keys } = await openedFleet(config, "show the fleet", host);
  const effects = await host.effects(null);
  const { screen, lockHeld } = host;
  const share = sharer({ etcd, keys }, []);
  const look = async () => {
    const positions = await readPositions(etcd, keys);
    const leases = [...new Set([...positions.view.workers.values()].map(({ lease }) => lease))];
    const left = await Promise.all(
      leases.map(async (lease) => [lease, await etcd.leaseLeft(lease)] as const),
    );
    const report = fleetReport(positions, {
      configured: config.accounts,
      statuses: await readStatus(config, { effects, lockHeld, positions: async () => positions }),
      left: new Map(left),
      share: await share(positions.view),
    });
    const text = options.json
      ? `${JSON.stringify({ time: new Date(effects.now()).toISOString(), ...report })}\n`
      : fleetText(report, screen);
    return { text, code: codeOf(report) };
  };
  return watched(look, options, { ...host, effects });
}

function codeOf({ accounts }: FleetReport): number {
  const isLeft = accounts.some(({ enabled, worker }) => enabled && worker === null);
  return isLeft ? EXIT.partial : EXIT.ok;
}
