import { createHmac } from "node:crypto";
import { type Answer, type Call, gatewayFailure, json, violate } from "./call.ts";
import type { World } from "./world.ts";

const FIELDS = "client_id,client_secret,grant_type";

/** POST /oauth/token (reference 2.1). */
export function oauthToken(world: World, call: Call): Answer {
  const form = new URLSearchParams(call.body.toString("utf8"));
  const names = [...form.keys()].sort().join(",");
  if (names !== FIELDS || form.get("grant_type") !== "client_credentials") {
    violate(
      world,
      call.path,
      "token_request",
      `form fields must be ${FIELDS}: current are ${names}`,
    );
    return gatewayFailure(400, "invalid_request", "The token request is not valid");
  }
  const { clientId, clientSecret } = world.credentials;
  const known = form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
  if (!known || world.switches.auth !== "ok") {
    return gatewayFailure(401, "InvalidClientIdentifier", "Client credentials are invalid");
  }
  const lifetimeSecs = world.switches.tokenLifetimeSecs;
  const token = newToken(world);
  world.tokens.set(token, world.now() + lifetimeSecs * 1000);
  return json(200, {
    access_token: token,
    token_type: "Bearer",
    expires_in: lifetimeSecs,
    scope: "",
  });
}

/** The answer to an API 2.0 request without a good bearer token, or null (reference 2.1, 2.8). */
export function refuseV2(world: World, call: Call): Answer | null {
  const foreign = Object.keys(call.headers).find((name) => name.startsWith("x-mc-"));
  if (foreign !== undefined) {
    violate(world, call.path, "auth_headers", `API 2.0 has no header "${foreign}"`);
    return gatewayFailure(400, "bad_request", "Unexpected header");
  }
  const match = /^Bearer ([A-Za-z0-9]+)$/.exec(call.headers.authorization ?? "");
  if (match === null) {
    violate(world, call.path, "auth_headers", 'Authorization must be "Bearer token"');
    return gatewayFailure(401, "unauthorized", "Unauthorized Request");
  }
  const endsMs = world.tokens.get(match[1] ?? "");
  if (endsMs === undefined) {
    return gatewayFailure(401, "token_verification_failed", "Token verification failed");
  }
  if (endsMs <= world.now()) return gatewayFailure(401, "token_expired", "Unauthorized Request");
  return null;
}

/** Ends all tokens before their time. */
export function expireTokens(world: World): void {
  for (const token of world.tokens.keys()) world.tokens.set(token, 0);
}

function newToken(world: World): string {
  const text = createHmac("sha256", world.credentials.clientSecret)
    .update(`${world.tokens.size} ${world.now()} ${world.requestCounts.get("/oauth/token") ?? 0}`)
    .digest("base64");
  return text.replace(/[^A-Za-z0-9]/g, "").slice(0, 28);
}
