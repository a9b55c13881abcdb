import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { NetworkError } from "../errors.ts";
import { networkError, TimeoutError } from "./network_error.ts";
import { trusted } from "./undici_fetch.ts";

/** A syslog listener. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Certificates to trust besides the system's; null: plain TCP. */
  readonly tls: { readonly caPem: string | null } | null;
  readonly timeoutMs: number;
}

/**
 * Sends lines over a connection of its own and waits until the other side has acknowledged them on the level of TCP.
 * Whether it has read them, syslog does not tell. Throws a `NetworkError`.
 */
export async function sendLines(bytes: Uint8Array, listener: Listener): Promise<void> {
  const { host, port, tls, timeoutMs } = listener;
  const socket =
    tls === null
      ? connectTcp({ host, port })
      : connectTls({ host, port, servername: host, ...trusted(tls.caPem ?? undefined) });
  socket.setTimeout(timeoutMs, () => socket.destroy(new TimeoutError()));
  try {
    await once(socket, tls === null ? "connect" : "secureConnect");
    socket.end(bytes);
    // Listeners that close at once on a line that they do not want are seen here.
    await once(socket, "finish");
  } catch (error) {
    throw networkError(
      error,
      `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ) satisfies NetworkError;
  } finally {
    socket.on("error", () => {});
    socket.destroySoon();
  }
}
