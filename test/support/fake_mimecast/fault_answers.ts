import { type Answer, apiFailure, type Call, gatewayFailure, json, siemFailure } from "./call.ts";
import type { FaultKind } from "./faults.ts";
import type { World } from "./world.ts";

/** The answer that takes the place of the right one, or null where the fault is of another kind. */
export function faultAnswer(world: World, call: Call): Answer | null {
  const fault = call.fault;
  if (fault === null) return null;
  // An empty file of API 1.0 has its token all the same: the handler makes it.
  if (fault.fault === "empty_body" && call.path === "/api/audit/get-siem-logs") return null;
  return REPLACEMENTS[fault.fault]?.(world, call) ?? null;
}

/** Wrong application id: 200 with `fail`, verbatim (reference 1.3). */
export function appIdInvalid(appId: string): Answer {
  return apiFailure(200, "err_developer_key", `App ID is invalid: ${appId}`);
}

/** Wrong access key, secret key or application key, verbatim (reference 1.3, 1.5). */
export function invalidSignature(path: string): Answer {
  const errors = [
    { code: "err_xdk_invalid_signature", message: "0004 Invalid Signature", retryable: false },
  ];
  const siem = path === "/api/audit/get-siem-logs";
  return json(
    401,
    siem
      ? { meta: { isLastToken: false, status: 401 }, fail: [{ errors }] }
      : { meta: { status: 401 }, data: [], fail: [{ errors }] },
  );
}

/** The binding of user and application has expired; the body is inferred (reference 1.3). */
export function bindingExpired(): Answer {
  return apiFailure(418, "err_xdk_binding_expired", "0018 Binding Expired");
}

/** Credentials of another region (reference 1.1). */
export function incorrectRegion(): Answer {
  return apiFailure(403, "err_audit_log_incorrect_region", "Incorrect region supplied");
}

/** The permission is missing (reference 2.2; the form of API 1.0 is inferred). */
export function forbidden(world: World): Answer {
  const message = "Forbidden to perform the requested operation";
  return world.api === "2.0"
    ? gatewayFailure(403, "app_forbidden", message)
    : apiFailure(403, "err_xdk_forbidden", `0003 ${message}`);
}

/** 429 with X-RateLimit-Reset as given; null leaves the header out (reference 1.3, 2.8). */
export function rateLimited(world: World, reset: string | null, retryAfter?: string): Answer {
  const headers = {
    "x-ratelimit-limit": "800",
    "x-ratelimit-remaining": "0",
    ...(reset === null ? {} : { "x-ratelimit-reset": reset }),
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  };
  return world.api === "2.0"
    ? json(429, { fail: [{ message: "Too Many Requests" }] }, headers)
    : json(429, { meta: { status: 429 }, data: [], fail: [] }, headers);
}

/** A SIEM token that is not known (reference 1.3, 1.5). */
export function invalidSiemToken(status: number): Answer {
  return apiFailure(status, "err_audit_siem_invalid_token", "The SIEM token is invalid");
}

/** A page token of `/api/*` whose life is over; the real body is not known. */
export function pageTokenRefused({ fault }: Call): Answer {
  const message = "The page token is not valid any more";
  return apiFailure(fault?.status ?? 400, "err_validation_null", message, "pageToken");
}

type Replacement = (world: World, call: Call) => Answer;

const HTML =
  "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

const REPLACEMENTS: { readonly [kind in FaultKind]?: Replacement } = {
  app_id: (_world, call) => appIdInvalid(call.headers["x-mc-app-id"] ?? "INVALID"),
  signature: (_world, call) => invalidSignature(call.path),
  binding_expired: () => bindingExpired(),
  incorrect_region: () => incorrectRegion(),
  token_expired: (world) => {
    for (const token of world.tokens.keys()) world.tokens.set(token, 0);
    return gatewayFailure(401, "token_expired", "Unauthorized Request");
  },
  unauthorized: () => json(401, { fail: [{ code: "unauthorized" }] }),
  forbidden: (world) => forbidden(world),
  fail_on_200: (world, call) =>
    world.api === "2.0" && !call.path.startsWith("/api/")
      ? json(200, { fail: [{ code: "internal_error", message: "Something went wrong" }] })
      : apiFailure(200, "err_unexpected", "Something went wrong"),
  rate_limited: (world, { fault }) =>
    rateLimited(world, fault?.reset === undefined ? "1500" : fault.reset, fault?.retryAfter),
  server_error: (world, { path, fault }) => {
    const status = fault?.status ?? 500;
    const answer = path.startsWith("/siem/")
      ? { ...siemFailure("internal_error", "Something went wrong"), status }
      : world.api === "2.0"
        ? gatewayFailure(status, "internal_error", "Something went wrong")
        : apiFailure(status, "err_unexpected", "Something went wrong");
    const again = fault?.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
    return { ...answer, headers: { ...answer.headers, ...again } };
  },
  html_502: () => ({ status: 502, headers: { "content-type": "text/html" }, body: HTML }),
  empty_body: (_world, { path }) => ({
    status: 200,
    headers: { "content-type": path.endsWith(".gz") ? "application/gzip" : "application/json" },
    body: "",
  }),
  not_json: () => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: "This is not JSON",
  }),
  invalid_siem_token: (world, { fault }) =>
    invalidSiemToken(fault?.status ?? world.switches.invalidTokenStatus),
};
