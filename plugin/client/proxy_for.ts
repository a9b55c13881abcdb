/** Where a proxy comes from: `network.proxy`, else the environment. */
export interface ProxySettings {
  /** `network.proxy`, resolved; null where it is not set. */
  readonly proxy: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The proxy of a request, as undici's EnvHttpProxyAgent chooses it in undici_fetch.ts: NO_PROXY counts only for the
 * proxy of the environment, and loopback is never asked through one.
 */
export function proxyFor(url: URL, { proxy, env }: ProxySettings): URL | null {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || host === "127.0.0.1" || host === "::1") return null;
  const named =
    proxy ??
    (url.protocol === "https:"
      ? (env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY)
      : (env.http_proxy ?? env.HTTP_PROXY));
  if (named === undefined || named === "" || !URL.canParse(named)) return null;
  const isExempt = proxy === null && isListed(url, host, env.no_proxy ?? env.NO_PROXY ?? "");
  return isExempt ? null : new URL(named);
}

function isListed(url: URL, host: string, noProxy: string): boolean {
  if (noProxy.trim() === "*") return true;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, name = "", ownPort] = /^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (ownPort !== undefined && ownPort !== port) return false;
      const domain = name.replace(/^\*?\./, "");
      return host === domain || host.endsWith(`.${domain}`);
    });
}
