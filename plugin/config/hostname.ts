const PLACEHOLDER = "{account}";

/**
 * The host of the syslog header, with the account's name. QRadar takes it as the log source identifier.
 */
export function hostnameOf(pattern: string, account: string): string {
  return pattern.split(PLACEHOLDER).join(account);
}

/**
 * Why the header can't hold this host; undefined if it can. It takes a host name or an IPv4 address of at most 255
 * characters (RFC 5424 §6.2.4); QRadar does not route an IPv6 address (LEEF guide, syslog header).
 */
export function hostnameProblem(hostname: string): string | undefined {
  if (hostname.length > 255) {
    return "must be at most 255 characters";
  }
  if (/[{}]/.test(hostname)) {
    return `may hold ${PLACEHOLDER} and no other braces`;
  }
  if (hostname.includes(":")) {
    return "must be a host name or an IPv4 address, without a port";
  }
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(hostname)
    ? undefined
    : "must be letters, digits, dot, hyphen and underscore, beginning with a letter or digit";
}
