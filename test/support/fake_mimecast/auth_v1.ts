import { createHmac } from "node:crypto";
import { parseMcDate } from "./api_time.ts";
import { type Answer, apiFailure, type Call, violate } from "./call.ts";
import {
  appIdInvalid,
  bindingExpired,
  incorrectRegion,
  invalidSignature,
} from "./fault_answers.ts";
import type { World } from "./world.ts";

/** What an API 1.0 signature is made of. */
export interface Signed {
  readonly date: string;
  readonly requestId: string;
  /** The path only: no host, no query. The body is not signed. */
  readonly uri: string;
  readonly appKey: string;
  /** Base64. */
  readonly secretKey: string;
}

/** base64(HMAC-SHA1(base64-decoded secret key, "date:req-id:uri:application key")) (reference 1.2). */
export function signatureV1({ date, requestId, uri, appKey, secretKey }: Signed): string {
  return createHmac("sha1", Buffer.from(secretKey, "base64"))
    .update(`${date}:${requestId}:${uri}:${appKey}`, "utf8")
    .digest("base64");
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const AUTHORIZATION = /^MC ([A-Za-z0-9_+/=-]+):([A-Za-z0-9+/]{27}=)$/;

/** The answer to an API 1.0 request whose headers are not in order, or null (reference 1.2, 1.3). */
export function refuseV1(world: World, call: Call): Answer | null {
  const malformed = malformedHeader(world, call);
  if (malformed !== null) {
    violate(world, call.path, "auth_headers", malformed);
    return apiFailure(400, "err_xdk_invalid_request", `0001 ${malformed}`);
  }
  const date = call.headers["x-mc-date"] ?? "";
  const requestId = call.headers["x-mc-req-id"] ?? "";
  const appId = call.headers["x-mc-app-id"] ?? "";
  const [, accessKey, signature] = AUTHORIZATION.exec(call.headers.authorization ?? "") ?? [];
  world.requestIds.add(requestId.toLowerCase());
  const { credentials, switches } = world;
  if (switches.auth === "incorrect_region") return incorrectRegion();
  if (switches.auth === "app_id" || appId !== credentials.appId) return appIdInvalid(appId);
  const skewMs = Math.abs((parseMcDate(date) ?? 0) - world.now());
  const { appKey, secretKey } = credentials;
  const wanted = signatureV1({ date, requestId, uri: call.path, appKey, secretKey });
  const same = accessKey === credentials.accessKey && signature === wanted;
  if (switches.auth === "signature" || !same || skewMs > switches.maxSkewMs) {
    return invalidSignature(call.path);
  }
  return switches.auth === "expired" ? bindingExpired() : null;
}

/** What is wrong with the form of the headers. Wrong credentials are no breach of form. */
function malformedHeader(world: World, { headers }: Call): string | null {
  if (!AUTHORIZATION.test(headers.authorization ?? "")) {
    return 'Authorization must be "MC accessKey:signature"';
  }
  if (!GUID.test(headers["x-mc-app-id"] ?? "")) return "x-mc-app-id must be a GUID";
  const requestId = headers["x-mc-req-id"] ?? "";
  if (!GUID.test(requestId)) return `x-mc-req-id must be a GUID: current value is "${requestId}"`;
  if (world.requestIds.has(requestId.toLowerCase())) {
    return `x-mc-req-id must be new for each request: "${requestId}" was used before`;
  }
  const date = headers["x-mc-date"] ?? "";
  if (parseMcDate(date) === null) {
    return `x-mc-date must look like "Tue, 24 Nov 2015 12:50:11 UTC": current value is "${date}"`;
  }
  return null;
}
