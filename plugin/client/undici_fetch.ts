import type { Dispatcher } from "undici";
import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { answerBody } from "./answer_body.ts";
import { inTime } from "./in_time.ts";
import { networkError } from "./network_error.ts";
import { type ClientCertificate, presentedOptions, tlsOptions } from "./tls_options.ts";
import { createWays, type Way } from "./ways.ts";

/** How the process reaches the network. TLS certificates are always verified. */
export interface FetchOptions {
  /** Proxy for every request; without it `env` decides (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly proxy?: string | null;
  /** Certificates to trust besides the system's, as PEM text: the content of the file, not its path. */
  readonly caPem?: string | null;
  /** For a server that asks for a certificate of ours. */
  readonly client?: ClientCertificate | null;
  /** Until the TCP and TLS handshakes are done. Default 15 s. */
  readonly connectTimeoutMs?: number;
  /** The environment; an empty one where absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** `Effects["fetch"]` on undici. No redirects, no transparent decompression. */
export function createFetch(options: FetchOptions = {}): Effects["fetch"] {
  const connect = {
    timeout: options.connectTimeoutMs ?? 15_000,
    ...tlsOptions(options.caPem),
    ...presentedOptions(options.client),
  };
  const wayTo = createWays(connect, { proxy: options.proxy ?? null, env: options.env ?? {} });
  return (request) => exchange(request, wayTo);
}

async function exchange(
  request: HttpRequest,
  wayTo: (url: URL) => Promise<Way>,
): Promise<HttpResponse> {
  const { signal } = request;
  const url = new URL(request.url);
  const { dispatcher, proxy } = await wayTo(url);
  signal?.throwIfAborted();
  const ended = new AbortController();
  const end = (): void => ended.abort(signal?.reason);
  signal?.addEventListener("abort", end, { once: true });
  const failed = (error: unknown): Error => {
    signal?.removeEventListener("abort", end);
    return signal?.aborted ? signal.reason : networkError(error, request.url, { proxy });
  };
  const startMs = performance.now();
  try {
    const asked = dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      // undici's own timers tick twice a second and do not cover a proxy that never answers CONNECT.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: ended.signal,
    });
    const { timeoutMs, totalMs = Number.POSITIVE_INFINITY } = request;
    // undici heeds a signal only once it is connected, hence the race.
    const answer = await inTime(asked, Math.min(timeoutMs, totalMs), ended);
    const leftMs = totalMs - (performance.now() - startMs);
    const done = (): void => signal?.removeEventListener("abort", end);
    return {
      status: answer.statusCode,
      headers: flatten(answer.headers),
      body: answerBody(answer.body, { timeoutMs, leftMs, ended, failed, done }),
    };
  } catch (error) {
    throw failed(error);
  }
}

function flatten(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined)
      flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
