import { getAccount } from "./account.ts";
import { oauthToken } from "./auth_v2.ts";
import {
  type Answer,
  apiFailure,
  type Call,
  gatewayFailure,
  type Handler,
  violate,
} from "./call.ts";
import { discoverAuthentication } from "./discovery.ts";
import { faultAnswer } from "./fault_answers.ts";
import { countRequest, type Route, refuseAccess, refuseForm } from "./gate.ts";
import { LOG_ENDPOINTS } from "./log_endpoints.ts";
import { logPage } from "./log_pages.ts";
import { siemBatch } from "./siem_batch.ts";
import { siemStream } from "./siem_stream.ts";
import { getSiemLogs } from "./siem_v1.ts";
import { getFeed } from "./threat_feed.ts";
import type { World } from "./world.ts";

interface Endpoint extends Route {
  readonly handler: Handler;
  /** Only in this generation. */
  readonly api?: "1.0" | "2.0";
  /** True where no credentials are asked for. */
  readonly open?: boolean;
}

const post = { method: "POST", contentType: "application/json" } as const;
const get = { method: "GET", contentType: null, api: "2.0" } as const;

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  [
    "/oauth/token",
    {
      method: "POST",
      contentType: "application/x-www-form-urlencoded",
      api: "2.0",
      open: true,
      handler: oauthToken,
    },
  ],
  ["/siem/v1/batch/events/cg", { ...get, handler: siemBatch }],
  ["/siem/v1/batch/events/ci", { ...get, handler: siemBatch }],
  ["/siem/v1/events/cg", { ...get, handler: siemStream }],
  ["/siem/v1/events/ci", { ...get, handler: siemStream }],
  [
    "/api/login/discover-authentication",
    { ...post, api: "1.0", open: true, handler: discoverAuthentication },
  ],
  ["/api/audit/get-siem-logs", { ...post, api: "1.0", handler: getSiemLogs }],
  ["/api/ttp/threat-intel/get-feed", { ...post, handler: getFeed }],
  ["/api/account/get-account", { ...post, handler: getAccount }],
  ...[...LOG_ENDPOINTS.keys()].map((path) => [path, { ...post, handler: logPage }] as const),
]);

/** One request of the API host, from its form to its answer. */
export async function route(world: World, call: Call): Promise<Answer> {
  world.requestCounts.set(call.path, (world.requestCounts.get(call.path) ?? 0) + 1);
  countRequest(world);
  const endpoint = ENDPOINTS.get(call.path);
  if (endpoint === undefined || (endpoint.api ?? world.api) !== world.api) {
    violate(world, call.path, "path", `does not exist in API ${world.api}`);
    return world.api === "2.0"
      ? gatewayFailure(404, "not_found", "Not Found")
      : apiFailure(404, "err_not_found", "Not Found");
  }
  const refused =
    refuseForm(world, call, endpoint) ??
    (endpoint.open === true ? null : refuseAccess(world, call)) ??
    faultAnswer(world, call);
  return refused ?? (await endpoint.handler(world, call));
}
