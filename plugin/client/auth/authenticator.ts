import type { Effects } from "../../effects.ts";
import type { Credentials } from "../client.ts";
import type { MimecastClock } from "../mimecast_clock.ts";
import { signedHeaders } from "./auth_v1.ts";
import type { TokenSource } from "./token_source.ts";

/** How requests prove the account's identity. */
export interface Authenticator {
  /** Headers for one request: new ones for each, a repeated one included. */
  headers(path: string): Promise<Record<string, string>>;
  /** After a 401 to a request with these headers: true if fresh headers may succeed. */
  renew(sent: Readonly<Record<string, string>>): boolean;
  /** Texts that no message may show: the keys, and the recent tokens. */
  secrets(): readonly string[];
}

/** Mimecast refuses a signature whose date is minutes off; less than this, in ms, is not the reason. */
const WRONG_DATE_MS = 60_000;

/** API 1.0: a signature over each request, dated by Mimecast's clock as far as `clock` knows it. */
export function signingAuthenticator(
  credentials: Extract<Credentials, { api: "1.0" }>,
  effects: Pick<Effects, "randomUUID">,
  clock: Pick<MimecastClock, "now">,
): Authenticator {
  return {
    headers: async (path) =>
      signedHeaders(credentials, path, { nowMs: clock.now(), requestId: effects.randomUUID() }),
    // The refusal has shown Mimecast's time.
    renew: (sent) => Math.abs(Date.parse(sent["x-mc-date"] ?? "") - clock.now()) >= WRONG_DATE_MS,
    secrets: () => [credentials.appKey, credentials.accessKey, credentials.secretKey],
  };
}

/** API 2.0: a bearer token from `tokens`. */
export function bearerAuthenticator(
  credentials: Extract<Credentials, { api: "2.0" }>,
  tokens: TokenSource,
): Authenticator {
  let used: readonly string[] = [];
  return {
    headers: async () => {
      const { accessToken } = await tokens.current();
      // An answer to a request with the previous token may still arrive.
      if (used[0] !== accessToken) used = [accessToken, ...used].slice(0, 2);
      return { authorization: `Bearer ${accessToken}` };
    },
    renew: ({ authorization = "" }) => {
      // The token of this request: another request may have renewed it meanwhile.
      tokens.refused(authorization.slice("Bearer ".length));
      return true;
    },
    secrets: () => [credentials.clientSecret, ...used],
  };
}
