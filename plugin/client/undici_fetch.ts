import { createPrivateKey, X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { ConfigError } from "../errors.ts";
import { inTime } from "./in_time.ts";
import { networkError } from "./network_error.ts";

/** How the process reaches the network. TLS certificates are always verified. */
export interface FetchOptions {
  /** Proxy for every request; without it `env` decides (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly proxy?: string;
  /** Hosts that `proxy` is not used for, in the notation of NO_PROXY. */
  readonly noProxy?: string;
  /** Certificates to trust besides the system's, as PEM text: the content of the file, not its path. */
  readonly caPem?: string;
  /** Our own certificate and its key, as PEM texts, for a server that asks for one (mTLS). */
  readonly client?: { readonly certPem: string; readonly keyPem: string };
  /** Until the TCP and TLS handshakes are done. Default 15 s. */
  readonly connectTimeoutMs?: number;
  /** The environment; the process's own where absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** `Effects["fetch"]` on undici. No redirects, no transparent decompression. */
export function createFetch(options: FetchOptions = {}): Effects["fetch"] {
  const dispatcher = createDispatcher(options, options.connectTimeoutMs ?? 15_000);
  return (request) => exchange(request, dispatcher);
}

/** Loopback is never asked through a proxy. */
const LOOPBACK = "localhost,127.0.0.1,[::1]";

function createDispatcher(options: FetchOptions, connectTimeoutMs: number): Dispatcher {
  const connect = {
    timeout: connectTimeoutMs,
    ...trusted(options.caPem),
    ...presented(options.client),
  };
  const tlsOptions = { connect, requestTls: connect, proxyTls: connect };
  const env = options.env;
  if (options.proxy !== undefined) {
    const noProxy = joinNoProxy(options.noProxy ?? "");
    const proxy = validProxy(options.proxy, "proxy");
    return new EnvHttpProxyAgent({ ...tlsOptions, httpProxy: proxy, httpsProxy: proxy, noProxy });
  }
  if (env === undefined) return new EnvHttpProxyAgent(tlsOptions);
  return new EnvHttpProxyAgent({
    ...tlsOptions,
    httpProxy: validProxy(env.http_proxy ?? env.HTTP_PROXY ?? "", "HTTP_PROXY"),
    httpsProxy: validProxy(env.https_proxy ?? env.HTTPS_PROXY ?? "", "HTTPS_PROXY"),
    noProxy: joinNoProxy(env.no_proxy ?? env.NO_PROXY ?? ""),
  });
}

function joinNoProxy(noProxy: string): string {
  return noProxy.trim() === "*" ? "*" : `${noProxy},${LOOPBACK}`;
}

/** A proxy's URL may carry a password, so the message does not quote it. */
function validProxy(proxy: string, name: string): string {
  if (proxy === "") return proxy;
  const url = URL.canParse(proxy) ? new URL(proxy) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ConfigError(`Cannot use "${name}": must be a http:// or https:// URL`, {
      code: "proxy",
    });
  }
  return proxy;
}

/** The `ca` of a TLS connection: the system's certificates and those of `caPem`. Throws a `ConfigError`. */
export function trusted(caPem: string | undefined): { ca?: string[] } {
  if (caPem === undefined) return {};
  try {
    new X509Certificate(caPem);
  } catch (cause) {
    throw new ConfigError("Cannot use the CA file: it holds no PEM certificate", {
      code: "ca",
      hint: "Give the issuing certificate as text that starts with -----BEGIN CERTIFICATE-----",
      cause,
    });
  }
  // tls.getCACertificates came with Node 22.15: it knows NODE_EXTRA_CA_CERTS, rootCertificates does not.
  const known = tls.getCACertificates?.("default") ?? tls.rootCertificates;
  return { ca: [...known, caPem] };
}

function presented(client: FetchOptions["client"]): { cert?: string; key?: string } {
  if (client === undefined) return {};
  const { certPem, keyPem } = client;
  const refused = (why: string, cause?: unknown) =>
    new ConfigError(`Cannot use the client certificate: ${why}`, {
      code: "client_cert",
      hint: "Give the certificate and its unencrypted private key, both as PEM files",
      cause,
    });
  let isPair: boolean;
  try {
    isPair = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch (cause) {
    throw refused("certificate or key is not PEM", cause);
  }
  if (!isPair) throw refused("the key belongs to another certificate");
  return { cert: certPem, key: keyPem };
}

async function exchange(request: HttpRequest, dispatcher: Dispatcher): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const ended = new AbortController();
  const end = (): void => ended.abort(request.signal?.reason);
  request.signal?.addEventListener("abort", end, { once: true });
  try {
    const { origin, pathname, search } = new URL(request.url);
    const asked = dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      // undici's own timers tick twice a second and do not cover a proxy that never answers CONNECT.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: ended.signal,
    });
    // undici heeds a signal only once it is connected, hence the race.
    const answer = await inTime(asked, request.timeoutMs, ended);
    return {
      status: answer.statusCode,
      headers: flatten(answer.headers),
      body: guarded(answer.body, request, ended, end),
    };
  } catch (error) {
    request.signal?.removeEventListener("abort", end);
    request.signal?.throwIfAborted();
    throw networkError(error, request.url);
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined)
      flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

/** The body with our errors and its inactivity timeout; a reader that stops early closes the connection. */
function guarded(
  body: Dispatcher.ResponseData["body"],
  request: HttpRequest,
  ended: AbortController,
  end: () => void,
): HttpResponse["body"] {
  body.on("error", () => {}); // an error after the reader has gone must not end the process
  const close = (): void => request.signal?.removeEventListener("abort", end);
  return {
    [Symbol.asyncIterator]: () => {
      const pieces = body[Symbol.asyncIterator]();
      return {
        next: async () => {
          try {
            const piece = await inTime(pieces.next(), request.timeoutMs, ended);
            if (piece.done) close();
            return piece;
          } catch (error) {
            close();
            body.destroy();
            request.signal?.throwIfAborted();
            throw networkError(error, request.url);
          }
        },
        return: async () => {
          close();
          body.destroy();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
