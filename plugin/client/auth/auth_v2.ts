import type { HttpRequest } from "../../effects.ts";
import { ApiError, AuthError } from "../../errors.ts";
import {
  answerError,
  type ErrorAnswer,
  isPage,
  shown,
  strangeAnswer,
  where,
} from "../answer_error.ts";
import type { Credentials } from "../client.ts";
import { failureOf, isObject } from "../failure.ts";

/** The keys of API 2.0. */
export type CredentialsV2 = Extract<Credentials, { api: "2.0" }>;

/** A bearer token and the moment of its last use, ms since 1970. */
export interface Token {
  readonly accessToken: string;
  readonly renewAtMs: number;
}

/** Path of the OAuth 2.0 client-credentials exchange. */
export const TOKEN_PATH = "/oauth/token";

/** The program renews a token this long before it expires. */
const RENEW_EARLY_MS = 60_000;
/** The program uses no token longer, whatever the answer says. */
export const MAX_LIFETIME_MS = 24 * 3_600_000;
/** The lifetime if the answer names none. Mimecast's own is about 30 minutes. */
const DEFAULT_LIFETIME_MS = 300_000;

/** Asks for a token (RFC 6749 §4.4; Mimecast takes the credentials in the form). */
export function tokenRequest(
  credentials: CredentialsV2,
): Pick<HttpRequest, "headers"> & { readonly method: "POST"; readonly body: string } {
  const form = new URLSearchParams({
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    grant_type: "client_credentials",
  });
  return {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
  };
}

/** Codes of failures at Mimecast, whatever the status: no reason to doubt the credentials. */
const PASSING = /internal|unexpected|unavailable|temporar|timeout/i;

/** Reads the answer to `tokenRequest`: a token, or the reason why there is none. */
export function readToken(answer: ErrorAnswer): Token {
  const { body, status } = answer;
  const failed = status !== 200 || failureOf(body) !== null;
  if (failed) {
    const error = answerError(answer);
    if (!(error instanceof AuthError) && PASSING.test(error.code)) {
      throw new ApiError(error.message, { code: error.code, status, retryable: true });
    }
    // A refusal of this call that does not pass by waiting is a refusal of the credentials.
    if (error instanceof AuthError || error.retryable || !isObject(body)) throw error;
    throw new AuthError(error.message, {
      code: error.code,
      hint: "Check client_id and client_secret",
    });
  }
  if (!isObject(body) && isPage(answer.headers, "")) {
    const type = shown(answer, answer.headers["content-type"] ?? "", 60);
    throw strangeAnswer(`${where(answer)} answered ${status} (${type})`, status, true);
  }
  const { access_token: accessToken, expires_in: expiresIn } = isObject(body) ? body : {};
  // A line break would end the Authorization header, and no server takes a header beyond some kilobytes.
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(accessToken)) {
    throw new ApiError(`Cannot read the token answer of "${answer.host}": no usable access_token`, {
      code: "no_token",
      status,
      retryable: true,
    });
  }
  const givenMs = Number(expiresIn) * 1_000;
  const lifetimeMs = givenMs > 0 ? Math.min(givenMs, MAX_LIFETIME_MS) : DEFAULT_LIFETIME_MS;
  const early = Math.min(RENEW_EARLY_MS, lifetimeMs / 2);
  return { accessToken, renewAtMs: answer.nowMs + lifetimeMs - early };
}
