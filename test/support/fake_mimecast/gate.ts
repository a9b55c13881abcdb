import { refuseV1 } from "./auth_v1.ts";
import { refuseV2 } from "./auth_v2.ts";
import { type Answer, apiFailure, type Call, gatewayFailure, violate } from "./call.ts";
import { forbidden, rateLimited } from "./fault_answers.ts";
import type { World } from "./world.ts";

/** What an endpoint expects of every request. */
export interface Route {
  readonly method: "GET" | "POST";
  /** Of the request; null where there must be no body. */
  readonly contentType: "application/json" | "application/x-www-form-urlencoded" | null;
}

/** The answer to a request that has the wrong form for its endpoint, or null. */
export function refuseForm(world: World, call: Call, route: Route): Answer | null {
  if (call.method !== route.method) {
    violate(world, call.path, "method", `must be ${route.method}: current value is ${call.method}`);
    return failure(world, 405, "method_not_allowed", "Method Not Allowed");
  }
  if (route.method === "POST" && call.query.size > 0) {
    violate(world, call.path, "query", "a POST has no query");
    return failure(world, 400, "bad_request", "Unexpected query");
  }
  const given = (call.headers["content-type"] ?? "").replace(/; ?charset=utf-8$/i, "");
  if (route.contentType !== null && given !== route.contentType) {
    violate(
      world,
      call.path,
      "content_type",
      `must be ${route.contentType}: current value is "${given}"`,
    );
    return failure(world, 415, "unsupported_media_type", "Unsupported Media Type");
  }
  if (route.contentType === null && call.body.length > 0) {
    violate(world, call.path, "body", "a GET has no body");
    return failure(world, 400, "bad_request", "Unexpected body");
  }
  return null;
}

/** The answer to a request that is not allowed now, or null: credentials, permission, rate. */
export function refuseAccess(world: World, call: Call): Answer | null {
  const refused = world.api === "1.0" ? refuseV1(world, call) : refuseV2(world, call);
  if (refused !== null) return refused;
  if (world.switches.forbidden.includes(call.path)) return forbidden(world);
  return overLimit(world);
}

/** The headers that API 1.0 sends with every answer, in lower case (reference 1.3). */
export function rateHeaders(world: World): Record<string, string> {
  const { limit, windowMs } = world.switches.rateLimit ?? { limit: 800, windowMs: 5_000 };
  const { used, windowStartMs } = world.rate;
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(Math.max(0, limit - (((used - 1) % limit) + 1))),
    "x-ratelimit-reset": String(Math.max(0, windowStartMs + windowMs - world.now())),
  };
}

/** Counts one request of the rate limit's window. */
export function countRequest(world: World): void {
  const { windowMs } = world.switches.rateLimit ?? { windowMs: 5_000 };
  const nowMs = world.now();
  if (nowMs >= world.rate.windowStartMs + windowMs) {
    world.rate.windowStartMs = nowMs;
    world.rate.used = 0;
  }
  world.rate.used += 1;
}

function overLimit(world: World): Answer | null {
  const limit = world.switches.rateLimit;
  if (limit === null || world.rate.used <= limit.limit) return null;
  return rateLimited(world, String(world.rate.windowStartMs + limit.windowMs - world.now()));
}

function failure(world: World, status: number, code: string, message: string): Answer {
  return world.api === "2.0"
    ? gatewayFailure(status, code, message)
    : apiFailure(status, `err_${code}`, message);
}
