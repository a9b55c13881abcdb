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

/** Where a sealed token outlives the run. */
export interface TokenKeep {
  /** As messages name it. */
  readonly name: string;
  /** Null where there is none. */
  read(): Promise<Uint8Array | null>;
  write(sealed: Uint8Array): Promise<void>;
}

/** The file `token.jwe` in an account's folder. */
export function tokenFile(
  files: Pick<Effects["files"], "read" | "replace">,
  folder: string,
): TokenKeep {
  const name = `${folder}/token.jwe`;
  return { name, read: () => files.read(name), write: (sealed) => files.replace(name, sealed) };
}

/**
 * Keeps the token in memory and in `kept`, so that short runs do not each ask for a token. It replaces what it can't use
 * there; that is never an error.
 */
export function createTokenSource(parts: {
  readonly credentials: CredentialsV2;
  readonly baseUrl: string;
  readonly kept: TokenKeep | undefined;
  readonly effects: Pick<Effects, "now" | "log">;
  readonly request: () => Promise<Token>;
}): TokenSource {
  const { credentials, baseUrl, effects, kept } = parts;
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
    const known = kept === undefined ? null : await open(kept);
    if (usable(known)) return known;
    const fresh = await parts.request();
    if (kept !== undefined) await keep(kept, fresh);
    return fresh;
  };
  const open = async ({ name, read }: TokenKeep): Promise<Token | null> => {
    try {
      const bytes = await read();
      return bytes === null ? null : await openToken(bytes, credentials, baseUrl);
    } catch (error) {
      effects.log("debug", "Cannot read the cached token", { file: name, error: String(error) });
      return null;
    }
  };
  const keep = async ({ name, write }: TokenKeep, token: Token): Promise<void> => {
    try {
      await write(await sealToken(token, credentials, baseUrl));
    } catch (error) {
      effects.log("warn", "Cannot keep the token for the next run", {
        file: name,
        error: String(error),
      });
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
