import { isIP } from "node:net";
import type { buildConnector, Dispatcher } from "undici";
import { ConfigError } from "../errors.ts";
import { type ProxySettings, proxyAuthorization, proxyFor } from "./probe/proxy_for.ts";
import type { TlsOptions } from "./tls_options.ts";

/** The connections to a host, and the proxy that they go through. */
export interface Way {
  readonly dispatcher: Dispatcher;
  readonly proxy: URL | null;
}

/** How the program opens connections. */
export type ConnectOptions = TlsOptions & {
  /** Until the TCP and TLS handshakes are done. */
  readonly timeout: number;
  readonly cert?: string;
  readonly key?: string;
};

/**
 * The connection of each request: direct, or by CONNECT through the proxy that `proxyFor` names. Throws a `ConfigError` at
 * once for an unusable proxy.
 */
export function createWays(
  connect: ConnectOptions,
  settings: ProxySettings,
): (url: URL) => Promise<Way> {
  checkProxies(settings);
  const ways = new Map<string, Promise<Way>>();
  return (url) => {
    const proxy = proxyFor(url, settings);
    const key = proxy?.href ?? "";
    const way = ways.get(key) ?? openWay(proxy, connect);
    ways.set(key, way);
    return way;
  };
}

async function openWay(proxy: URL | null, connect: ConnectOptions): Promise<Way> {
  // Loaded for the first request: most runs of a quiet minute make none.
  const undici = await import("undici");
  const dispatcher =
    proxy === null ? new undici.Agent({ connect }) : throughProxy(undici, proxy, connect);
  return { dispatcher, proxy };
}

function throughProxy(
  { Pool, ProxyAgent }: typeof import("undici"),
  proxy: URL,
  connect: ConnectOptions,
): Dispatcher {
  const { cert: _cert, key: _key, ...proxyTls } = connect;
  const authorization = proxyAuthorization(proxy);
  return new ProxyAgent({
    // Without its login: undici drops one that has no password.
    uri: proxy.origin,
    ...(authorization === null ? {} : { token: authorization }),
    requestTls: connect,
    proxyTls,
    clientFactory: (origin, options) => new Pool(origin, { connect: withoutIpName(options) }),
  });
}

type Connector = buildConnector.connector;

/** undici takes a proxy's address for a server name; TLS knows none for an address (RFC 6066 §3). */
function withoutIpName(options: object): Connector {
  const { connect } = options as { connect: Connector };
  return (target, callback) => {
    const { servername = "" } = target;
    connect(isIP(servername) === 0 ? target : { ...target, servername: "" }, callback);
  };
}

const VARIABLES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];

function checkProxies({ proxy, env }: ProxySettings): void {
  if (proxy !== null) checkProxy(proxy, "proxy");
  else for (const name of VARIABLES) checkProxy(env[name] ?? "", name);
}

/** A proxy's URL may carry a password, so the message does not quote it. */
function checkProxy(proxy: string, name: string): void {
  if (proxy === "") return;
  const url = URL.canParse(proxy) ? new URL(proxy) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ConfigError(`Cannot use "${name}": must be a http:// or https:// URL`, {
      code: "proxy",
    });
  }
}
