import { once } from "node:events";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { NetworkError } from "../../errors.ts";
import { type Hints, networkError, TimeoutError } from "../network_error.ts";
import { tlsOptions } from "../tls_options.ts";

/** A syslog listener. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Certificates to trust besides the system's; null: plain TCP. */
  readonly tls: { readonly caPem: string | null } | null;
  readonly timeoutMs: number;
}

/**
 * Sends lines over a connection of its own and waits until the other side's TCP has acknowledged them. Syslog does not show
 * whether somebody read them. Throws a `NetworkError`.
 */
export async function sendLines(bytes: Uint8Array, listener: Listener): Promise<void> {
  const { host, port, tls, timeoutMs } = listener;
  const socket =
    tls === null
      ? connectTcp({ host, port })
      : connectTls({
          host,
          port,
          // TLS knows no server name for an address (RFC 6066 §3); the certificate is checked against it all the same.
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...tlsOptions(tls.caPem),
        });
  socket.setTimeout(timeoutMs, () => socket.destroy(new TimeoutError()));
  try {
    await once(socket, tls === null ? "connect" : "secureConnect");
    socket.end(bytes);
    // This notices listeners that close at once on a line that they do not want.
    await once(socket, "finish");
  } catch (error) {
    const url = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
    throw networkError(error, url, { hints: hintsFor(listener) }) satisfies NetworkError;
  } finally {
    socket.on("error", () => {});
    socket.destroySoon();
  }
}

function hintsFor({ port, tls }: Listener): Hints {
  const open = `Check that QRadar listens on TCP ${port} (syslog: 514, TLS: 6514 by default), and that firewalls on the way let this host in`;
  return {
    dns: "Check the name of the QRadar host, and that this host can resolve it",
    connect: open,
    timeout: open,
    reset: tls === null ? "Check whether this port of QRadar wants TLS: --tls" : open,
    tls: "Give the certificate that issued the one of QRadar's TLS log source: --ca FILE",
  };
}
