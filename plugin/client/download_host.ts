import { ApiError } from "../errors.ts";
import type { ClientAccount } from "./client.ts";

/**
 * The URL of a pre-signed link that the program may follow: https on a host of `downloadHosts`, or loopback if the API
 * itself is on loopback. A link comes from outside; without this check it could point into the operator's network.
 */
export function allowedLink(link: string, account: ClientAccount): URL {
  const url = URL.canParse(link) ? new URL(link) : null;
  if (url === null) throw refused("a download link", "it is no URL");
  if (isLoopback(url) && isLoopback(new URL(account.baseUrl))) return url;
  if (url.protocol !== "https:") throw refused(`"${url.host}"`, "the link is not https");
  if (url.username !== "" || url.password !== "") {
    throw refused(`"${url.host}"`, "the link holds credentials");
  }
  if (url.port !== "") {
    throw refused(`"${url.host}"`, `the link names port ${url.port}, must be that of https`);
  }
  if (!account.downloadHosts.some((pattern) => matches(url.hostname, pattern))) {
    throw refused(
      `"${url.host}"`,
      `the host is none of download_hosts (${account.downloadHosts.join(", ")})`,
    );
  }
  return url;
}

/** True for localhost, 127.0.0.0/8 and [::1]. */
export function isLoopback(url: URL): boolean {
  // URL has already brought every spelling of an IPv4 address to dotted decimals.
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

function matches(hostname: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith("*.")
    ? hostname.endsWith(wanted.slice(1)) && hostname.length > wanted.length - 1
    : hostname === wanted;
}

function refused(what: string, why: string): ApiError {
  return new ApiError(`Cannot download from ${what}: ${why}`, {
    code: "download_host",
    status: 0,
    retryable: false,
    hint: "If Mimecast now serves its files from this host, add it to download_hosts",
  });
}
