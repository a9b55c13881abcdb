import type { Effects } from "../../effects.ts";
import { type CredentialsV2, MAX_LIFETIME_MS, type Token } from "./auth_v2.ts";
import { openToken, sealToken } from "./token_seal.ts";

/** The token for the next request. */
export interface TokenSource {
  /** From memory, from the file, or a new one. Callers at the same time share one request. */
  current(): Promise<Token>;
  /** Mimecast refused this access token: the source does not return it again. */
  refused(accessToken: string): void;
}

/**
 * Keeps the token in memory and, with `stateFolder`, in its file `token.jwe`, so that short runs do not each ask for a
 * token. It replaces an unusable file; that is never an error.
 */
export function createTokenSource(parts: {
  readonly credentials: CredentialsV2;
  readonly baseUrl: string;
  readonly stateFolder: string | undefined;
  readonly effects: Pick<Effects, "now" | "files" | "log">;
  readonly request: () => Promise<Token>;
}): TokenSource {
  const { credentials, baseUrl, effects } = parts;
  const path = parts.stateFolder === undefined ? undefined : `${parts.stateFolder}/token.jwe`;
  let held: Token | null = null;
  let refusedToken = "";
  let underWay: Promise<Token> | null = null;

  const usable = (token: Token | null): token is Token =>
    token !== null &&
    token.accessToken !== refusedToken &&
    token.renewAtMs > effects.now() &&
    // A file from the future (clock set back) would be used for ever.
    token.renewAtMs - effects.now() <= MAX_LIFETIME_MS;

  const obtain = async (): Promise<Token> => {
    const kept = path === undefined ? null : await fromFile(path);
    if (usable(kept)) return kept;
    const fresh = await parts.request();
    if (path !== undefined) await toFile(path, fresh);
    return fresh;
  };
  const fromFile = async (file: string): Promise<Token | null> => {
    try {
      const bytes = await effects.files.read(file);
      return bytes === null ? null : await openToken(bytes, credentials, baseUrl);
    } catch (error) {
      effects.log("debug", "Cannot read the cached token", { file, error: String(error) });
      return null;
    }
  };
  const toFile = async (file: string, token: Token): Promise<void> => {
    try {
      await effects.files.replace(file, await sealToken(token, credentials, baseUrl));
    } catch (error) {
      effects.log("warn", "Cannot keep the token for the next run", { file, error: String(error) });
    }
  };

  return {
    current: async () => {
      if (usable(held)) return held;
      underWay ??= obtain().finally(() => {
        underWay = null;
      });
      held = await underWay;
      return held;
    },
    refused: (accessToken) => {
      refusedToken = accessToken;
    },
  };
}
