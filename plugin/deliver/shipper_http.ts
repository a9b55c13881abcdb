import { createHash } from "node:crypto";
import { createFetch } from "../client/undici_fetch.ts";
import type { HttpOutput } from "../config/config.ts";
import {
  proxySecrets,
  resolveProxyUrl,
  resolveSecret,
  type SecretSources,
} from "../config/secrets/resolve.ts";
import type { Effects } from "../effects.ts";
import { ConfigError } from "../errors.ts";

/** The connection to the shipper's HTTP input: apart from the one to Mimecast, and not through its proxy. */
export interface ShipperHttp {
  readonly fetch: Effects["fetch"];
  /** Value of the Authorization header; null without. */
  readonly authorization: string | null;
  /** What no line may show. */
  readonly secrets: readonly string[];
  /** Another one where a secret or a certificate is another one. */
  readonly identity: string;
}

/**
 * Opens the connection that `output.http` or `output.otlp` describes. `readPem` returns the text of the file that a key names. Throws a
 * `ConfigError` for a secret, a certificate or a key that can't be used.
 */
export async function openShipperHttp(
  http: HttpOutput,
  connectTimeoutMs: number,
  sources: SecretSources,
  readPem: (path: string, key: string) => Promise<string>,
): Promise<ShipperHttp> {
  const at = `output.${http.kind}`;
  const { authorization, secrets } = await authorizationOf(http.auth, at, sources);
  const proxy =
    http.proxy === null ? null : await resolveProxyUrl(http.proxy, `${at}.proxy`, sources);
  const pem = async (path: string | null, key: string) =>
    path === null ? null : await readPem(path, `${at}.${key}`);
  const caPem = await pem(http.caFile, "ca_file");
  const certPem = await pem(http.clientCertFile, "client_cert_file");
  const keyPem = await pem(http.clientKeyFile, "client_key_file");
  const fetch = createFetch({
    connectTimeoutMs,
    // The environment's proxy is for hosts outside; the shipper is near.
    env: {},
    proxy,
    caPem,
    client: certPem === null || keyPem === null ? null : { certPem, keyPem },
  });
  const hidden = [
    ...secrets,
    ...(proxy === null ? [] : proxySecrets(proxy)),
    ...querySecrets(http.url),
  ];
  const parts = JSON.stringify([authorization, proxy, caPem, certPem, keyPem]);
  const identity = createHash("sha256").update(parts).digest("base64");
  return { fetch, authorization, secrets: hidden, identity };
}

/** Shorter values of a query are settings, not keys. */
const SHORTEST_KEY = 8;

/** The values of a URL's query that may be keys, encoded and in clear, because a refusal may echo them. */
function querySecrets(url: string): readonly string[] {
  const { search, searchParams } = new URL(url);
  const encoded = search.slice(1).split(/[&=]/);
  const values = [...searchParams.values(), ...encoded.filter((part) => !searchParams.has(part))];
  return [...new Set(values)].filter((value) => value.length >= SHORTEST_KEY);
}

async function authorizationOf(
  auth: HttpOutput["auth"],
  at: string,
  sources: SecretSources,
): Promise<Pick<ShipperHttp, "authorization" | "secrets">> {
  if (auth === null) return { authorization: null, secrets: [] };
  if ("bearer" in auth) {
    const where = `${at}.auth.bearer`;
    const token = await resolveSecret(auth.bearer, where, sources);
    // RFC 6750 §2.1; anything else could not be sent as a header.
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
      throw new ConfigError(`Cannot read the secret ${where}: it is no bearer token`, {
        code: "bearer_token",
        hint: "A token consists of letters, digits and - . _ ~ + / (RFC 6750)",
      });
    }
    return { authorization: `Bearer ${token}`, secrets: [token] };
  }
  const password = await resolveSecret(auth.password, `${at}.auth.basic.password`, sources);
  const credentials = Buffer.from(`${auth.user}:${password}`).toString("base64");
  return { authorization: `Basic ${credentials}`, secrets: [password, credentials] };
}
