import { createHmac } from "node:crypto";
import type { Credentials } from "../client.ts";

/** The keys of API 1.0. */
export type CredentialsV1 = Extract<Credentials, { api: "1.0" }>;

/** The time and the random id of a signature: new for every request, also for a repeated one. */
export interface Nonce {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** x-mc-req-id. */
  readonly requestId: string;
}

/**
 * Headers of a signed API 1.0 request (Mimecast API 1.0, "Authorization"): HMAC-SHA1 over
 * date:req-id:uri:application key. `uri` is the path alone; the body is not signed.
 */
export function signedHeaders(
  credentials: CredentialsV1,
  uri: string,
  nonce: Nonce,
): Record<string, string> {
  const date = mimecastDate(nonce.nowMs);
  const signature = sign(credentials, date, nonce.requestId, uri);
  return {
    authorization: `MC ${credentials.accessKey}:${signature}`,
    "x-mc-app-id": credentials.appId,
    "x-mc-date": date,
    "x-mc-req-id": nonce.requestId,
  };
}

/** The signature alone: base64 of 20 bytes. */
export function sign(
  credentials: Pick<CredentialsV1, "appKey" | "secretKey">,
  date: string,
  requestId: string,
  uri: string,
): string {
  const key = Buffer.from(credentials.secretKey, "base64");
  const text = `${date}:${requestId}:${uri}:${credentials.appKey}`;
  return createHmac("sha1", key).update(text, "utf8").digest("base64");
}

/** x-mc-date: the RFC 1123 layout, but with "UTC" where HTTP has "GMT". */
export function mimecastDate(nowMs: number): string {
  return new Date(nowMs).toUTCString().replace(/GMT$/, "UTC");
}
