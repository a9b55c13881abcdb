import type { Effects } from "../effects.ts";
import { signedHeaders } from "./auth_v1.ts";
import type { Credentials } from "./client.ts";
import type { TokenSource } from "./token_source.ts";

/** How requests prove who they are. */
export interface Authenticator {
  /** Headers for one request: new ones for each, a repeated one included. */
  headers(path: string): Promise<Record<string, string>>;
  /** After a 401 to a request with these headers: true where a fresh token may cure it. */
  renew(sent: Readonly<Record<string, string>>): boolean;
  /** What must not show in a message: the keys, and the tokens of late. */
  secrets(): readonly string[];
}

/** API 1.0: a signature over each request. There is nothing to renew. */
export function signingAuthenticator(
  credentials: Extract<Credentials, { api: "1.0" }>,
  effects: Pick<Effects, "now" | "randomUUID">,
): Authenticator {
  return {
    headers: async (path) =>
      signedHeaders(credentials, path, { nowMs: effects.now(), requestId: effects.randomUUID() }),
    renew: () => false,
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
      // An answer to a request with the token before may still be on its way.
      if (used[0] !== accessToken) used = [accessToken, ...used].slice(0, 2);
      return { authorization: `Bearer ${accessToken}` };
    },
    renew: ({ authorization = "" }) => {
      // The one that was sent: others have renewed it meanwhile, perhaps.
      tokens.refused(authorization.slice("Bearer ".length));
      return true;
    },
    secrets: () => [credentials.clientSecret, ...used],
  };
}
