import { randomUUID } from "node:crypto";
import { signatureV1 } from "./fake_mimecast/auth_v1.ts";
import type { Fake } from "./fake_mimecast/fake.ts";

/** Headers of an API 1.0 request, in order unless `changes` says otherwise. */
export function headersV1(
  fake: Fake,
  uri: string,
  nowMs: number,
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { appId, appKey, accessKey, secretKey } = fake.credentials;
  const date = changes["x-mc-date"] ?? new Date(nowMs).toUTCString().replace("GMT", "UTC");
  const requestId = changes["x-mc-req-id"] ?? randomUUID();
  const signature = signatureV1({ date, requestId, uri, appKey, secretKey });
  return {
    authorization: `MC ${accessKey}:${signature}`,
    "x-mc-app-id": appId,
    "x-mc-date": date,
    "x-mc-req-id": requestId,
    "content-type": "application/json",
    ...changes,
  };
}

/** A signed request of API 1.0, with the clock of the test. */
export function postV1(
  fake: Fake,
  path: string,
  body: unknown,
  nowMs: number,
  changes: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = headersV1(fake, path, nowMs, changes);
  return fetch(fake.url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Asks for a bearer token. */
export function askToken(fake: Fake, changes: Readonly<Record<string, string>> = {}) {
  const { clientId, clientSecret } = fake.credentials;
  const form = {
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: "client_credentials",
    ...changes,
  };
  return fetch(`${fake.url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
}

/** The headers with a fresh bearer token. */
export async function bearer(fake: Fake): Promise<{ authorization: string }> {
  const answer = (await (await askToken(fake)).json()) as { access_token: string };
  return { authorization: `Bearer ${answer.access_token}` };
}

/** A POST of API 2.0. */
export async function postV2(fake: Fake, path: string, body: unknown): Promise<Response> {
  const headers = { ...(await bearer(fake)), "content-type": "application/json" };
  return fetch(fake.url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** A GET of API 2.0. */
export async function getV2(fake: Fake, path: string, query: Readonly<Record<string, string>>) {
  const headers = await bearer(fake);
  return fetch(`${fake.url}${path}?${new URLSearchParams(query)}`, { headers });
}
