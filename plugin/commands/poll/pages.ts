import type { Config } from "../../config/config.ts";
import type { Answer } from "../../host/http_server.ts";
import { liveness } from "../status/status.ts";
import { type MetricsWorld, metricsNow } from "./write_metrics.ts";

/** What a running poll shows over HTTP: `/healthz` by the rule of `status --live`, and `/metrics`. Nothing of it is secret. */
export function pagesOf(
  inUse: () => Pick<Config, "stateDir" | "accounts" | "shard" | "state">,
  world: MetricsWorld,
): Readonly<Record<string, () => Promise<Answer>>> {
  const { effects, fleet = null } = world;
  return {
    "/healthz": async () => {
      // The locks are ours; to look at one would end it (lock.ts).
      const { isAlive, words } = await liveness(inUse(), undefined, {
        effects,
        lockHeld: async () => true,
        ...(fleet === null ? {} : { positions: () => fleet.positions(), worker: fleet.worker }),
      });
      return { status: isAlive ? 200 : 503, type: "text/plain", text: `${words.join("; ")}\n` };
    },
    "/metrics": async () => ({
      status: 200,
      type: "text/plain; version=0.0.4; charset=utf-8",
      text: await metricsNow(inUse(), world),
    }),
  };
}
