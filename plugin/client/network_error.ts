import { NetworkError } from "../errors.ts";

/** Why no answer came. */
export type NetworkCode =
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "proxy"
  | "proxy_auth"
  | "protocol"
  | "network";

/** No answer, or too little of it, came in the time of the request. */
export class TimeoutError extends Error {
  readonly code = "ETIMEDOUT";
  constructor(message = NO_ANSWER) {
    super(message);
  }
}

const NO_ANSWER = "no answer in time";

/** The facts about a connection apart from its URL. */
export interface Connection {
  /** The proxy that it went through; null or absent: none. */
  readonly proxy?: URL | null;
  /** Remedies that fit better than those of a request to Mimecast. */
  readonly hints?: Hints;
}

/** A remedy for each code that has one. */
export type Hints = Partial<Record<NetworkCode, string>>;

/** Wraps an error of undici or Node. The message names host and proxy, never path, query or login. */
export function networkError(
  error: unknown,
  url: string,
  { proxy = null, hints = {} }: Connection = {},
): NetworkError {
  const cause = innermost(error);
  const code = networkCode(cause);
  const host = URL.canParse(url) ? new URL(url).host : "?";
  const through = proxy === null ? "" : ` through the proxy "${proxy.host}"`;
  const hint = hints[code] ?? (proxy === null ? undefined : PROXY_HINTS[code]) ?? HINTS[code];
  return new NetworkError(`Cannot reach "${host}"${through}: ${detail(code, cause)}`, {
    code,
    hint,
    cause,
  });
}

const HINTS: Hints = {
  dns: "Check the region, and that this host can resolve public names",
  connect: "Check that the firewall allows outgoing HTTPS, or set a proxy",
  tls: "If a proxy inspects TLS, give its issuing certificate as the CA file",
};

const PROXY_ADDRESS = "Check the proxy's address and port, and that this host can reach it";
/** A failure before the tunnel is open concerns the proxy, because the proxy resolves the other names. */
const PROXY_HINTS: Hints = {
  dns: PROXY_ADDRESS,
  connect: PROXY_ADDRESS,
  proxy: "Check that the proxy allows CONNECT to this host",
  proxy_auth: "Check user and password in the proxy's URL: http://user:password@host:port",
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
  const status = proxyStatus(cause);
  if (status !== null) return status === "407" ? "proxy_auth" : "proxy";
  // "aborted" and "terminated": the other side closed in the middle of a body.
  if (cause.code === "UND_ERR_ABORTED") return "reset";
  if (cause.name === "HTTPParserError") return "protocol";
  return "network";
}

function detail(code: NetworkCode, cause: Cause): string {
  if (code === "timeout") return cause instanceof TimeoutError ? cause.message : NO_ANSWER;
  if (code === "proxy_auth") return "the proxy wants other credentials, or some (407)";
  if (code === "proxy")
    return `the proxy refused to open the way (${proxyStatus(cause) ?? cause.code})`;
  return `${WORDS[code]}${cause.code === "" ? "" : ` (${cause.code})`}`;
}

/** The status with which a proxy answered CONNECT, as undici's ProxyAgent reports it, or null. */
function proxyStatus(cause: Cause): string | null {
  return /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1] ?? null;
}

const WORDS: Record<Exclude<NetworkCode, "timeout" | "proxy" | "proxy_auth">, string> = {
  dns: "the name does not resolve",
  connect: "the connection was refused or there is no route",
  tls: "the TLS certificate or handshake was not accepted",
  reset: "the connection was closed in the middle",
  protocol: "what answered does not speak HTTP",
  network: "the exchange failed",
};

type Cause = Error & { readonly code: string };

/** undici nests the socket's error as `cause`; connection attempts to several addresses come as `errors`. */
function innermost(error: unknown): Cause {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const { cause, errors } = (current ?? {}) as { cause?: unknown; errors?: unknown[] };
    const next = cause instanceof Error ? cause : errors?.find((each) => each instanceof Error);
    if (next === undefined) break;
    current = next;
  }
  if (current instanceof TimeoutError) return current;
  const { name, message, code } = (current ?? {}) as Record<string, unknown>;
  // A copy: undici's parser error carries the bytes that it could not read.
  const plain = new Error(typeof message === "string" ? message : String(current));
  plain.name = typeof name === "string" ? name : "Error";
  return Object.assign(plain, { code: typeof code === "string" ? code : "" });
}
