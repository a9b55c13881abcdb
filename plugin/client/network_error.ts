import { NetworkError } from "../errors.ts";

/** Why no answer came. */
export type NetworkCode =
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "proxy"
  | "protocol"
  | "network";

/** Nothing came for as long as the request allows. */
export class TimeoutError extends Error {
  readonly code = "ETIMEDOUT";
}

/** Wraps what undici and Node report. The message names the host, never path or query. */
export function networkError(error: unknown, url: string): NetworkError {
  const cause = innermost(error);
  const code = networkCode(cause);
  const host = URL.canParse(url) ? new URL(url).host : "?";
  const hint = HINTS[code];
  return new NetworkError(`Cannot reach "${host}": ${detail(code, cause)}`, {
    code,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

const HINTS: Partial<Record<NetworkCode, string>> = {
  dns: "Check the region, and that this host can resolve public names",
  connect: "Check that the firewall allows outgoing HTTPS, or set a proxy",
  tls: "If a proxy inspects TLS, give its issuing certificate as the CA file",
  proxy: "Check the proxy's address, its credentials, and that it allows CONNECT to this host",
};

const CODES: Record<string, NetworkCode> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EAI_NODATA: "dns",
  EAI_NONAME: "dns",
  ECONNREFUSED: "connect",
  EHOSTUNREACH: "connect",
  ENETUNREACH: "connect",
  EADDRNOTAVAIL: "connect",
  EACCES: "connect",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "reset",
  UND_ERR_PRX_TLS: "proxy",
  EPROTO: "tls",
  HOSTNAME_MISMATCH: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
};

function networkCode(cause: Cause): NetworkCode {
  const known = CODES[cause.code];
  if (known !== undefined) return known;
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|CRL_|INVALID_CA)/.test(cause.code)) return "tls";
  if (cause.message.startsWith("Proxy ")) return "proxy";
  // "aborted" and "terminated": the other side closed in the middle of a body.
  if (cause.code === "UND_ERR_ABORTED") return "reset";
  if (cause.name === "HTTPParserError") return "protocol";
  return "network";
}

function detail(code: NetworkCode, cause: Cause): string {
  if (code === "timeout") return "no answer in time";
  if (code === "proxy") return cause.message.replaceAll(/[^\x20-\x7e]/g, " ");
  return `${WORDS[code]}${cause.code === "" ? "" : ` (${cause.code})`}`;
}

const WORDS: Record<Exclude<NetworkCode, "timeout" | "proxy">, string> = {
  dns: "the name does not resolve",
  connect: "the connection was refused or there is no route",
  tls: "the TLS certificate or handshake was not accepted",
  reset: "the connection was closed in the middle",
  protocol: "what answered does not speak HTTP",
  network: "the exchange failed",
};

type Cause = Error & { readonly code: string };

/** undici nests what the socket said as `cause`; connection attempts to several addresses come as `errors`. */
function innermost(error: unknown): Cause {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const { cause, errors } = (current ?? {}) as { cause?: unknown; errors?: unknown[] };
    const next = cause instanceof Error ? cause : errors?.find((each) => each instanceof Error);
    if (next === undefined) break;
    current = next;
  }
  const { name, message, code } = (current ?? {}) as Record<string, unknown>;
  // A copy: undici's parser error carries the bytes that it could not read.
  const plain = new Error(typeof message === "string" ? message : String(current));
  plain.name = typeof name === "string" ? name : "Error";
  return Object.assign(plain, { code: typeof code === "string" ? code : "" });
}
