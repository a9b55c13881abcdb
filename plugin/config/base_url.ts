/** Why a text can't be the address of an API host (https, or http on loopback); undefined if it can. */
export function baseUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL such as https://api.services.mimecast.com";
  }
  if (url.username !== "" || url.password !== "") {
    return "must not hold a user name or password";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return "must be a host only, without path, query and fragment";
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return "must be https (http is allowed on a loopback address only)";
  }
  return undefined;
}

/** True for a host name of this machine, as `URL.hostname` spells it. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/** A host of `download_hosts`: a full name, or `*.` and a domain of at least two labels. */
export const DOWNLOAD_HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})+$`);
