import { isIP } from "node:net";
import { isLoopback } from "../download_host.ts";

/** Where a proxy comes from: `network.proxy`, else the environment. */
export interface ProxySettings {
  /** `network.proxy`, resolved; null where it is not set. */
  readonly proxy: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The proxy of a request, or null for none. `network.proxy` goes before HTTPS_PROXY and HTTP_PROXY; NO_PROXY counts only for
 * those of the environment; requests to loopback never use one. Lower-case names go before upper-case ones.
 */
export function proxyFor(url: URL, { proxy, env }: ProxySettings): URL | null {
  if (isLoopback(url)) return null;
  const named =
    proxy ??
    (url.protocol === "https:"
      ? (env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY)
      : (env.http_proxy ?? env.HTTP_PROXY)) ??
    "";
  if (!URL.canParse(named)) return null;
  const isExempt = proxy === null && isListed(url, env.no_proxy ?? env.NO_PROXY ?? "");
  return isExempt ? null : new URL(named);
}

/** The value of Proxy-Authorization for a proxy whose URL holds a user (RFC 7617), or null. */
export function proxyAuthorization(proxy: URL): string | null {
  const { username, password } = proxy;
  if (username === "" && password === "") return null;
  const login = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(login).toString("base64")}`;
}

/** A "%" that encodes nothing counts as itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isListed(url: URL, noProxy: string): boolean {
  if (noProxy.trim() === "*") return true;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const named = hostAndPort(entry.toLowerCase());
      if (named.port !== null && named.port !== port) return false;
      return host === named.host || (isIP(host) === 0 && host.endsWith(`.${named.host}`));
    });
}

/** `host`, `.domain`, `*.domain`, each with or without a port, and IPv6 addresses with or without brackets. */
function hostAndPort(entry: string): { readonly host: string; readonly port: string | null } {
  if (isIP(entry) === 6) return { host: entry, port: null };
  const [, name = "", port = null] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  return { host: name.replace(/^\[|\]$/g, "").replace(/^\*?\./, ""), port };
}
