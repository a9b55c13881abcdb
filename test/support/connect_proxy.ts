import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { KeyAndCertificate } from "./certificates.ts";

/** How a proxy behaves. */
export interface ProxyOptions {
  /** Where a name leads: "host:port" to a port of 127.0.0.1. Others are refused with 502. */
  readonly routes: Readonly<Record<string, number>>;
  /** "user:password": whoever comes without it gets 407. */
  readonly login?: string;
  /** Instead of opening the way. */
  readonly status?: number;
  /** Speaks TLS itself. */
  readonly tls?: KeyAndCertificate;
}

/** A CONNECT proxy on 127.0.0.1 (RFC 9110 §9.3.6). */
export interface ConnectProxy {
  readonly port: number;
  /** Where it was asked to go, refused ones too. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Starts a proxy. */
export async function startConnectProxy(options: ProxyOptions): Promise<ConnectProxy> {
  const { routes, login, tls } = options;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer() : createTlsServer({ ...tls });
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
  server.on("connect", (request, client: Socket) => {
    const target = request.url ?? "";
    asked.push(target);
    client.on("error", () => {});
    const port = routes[target];
    const isKnown = wanted === undefined || request.headers["proxy-authorization"] === wanted;
    const status = isKnown ? (options.status ?? (port === undefined ? 502 : 200)) : 407;
    client.write(`HTTP/1.1 ${status} x\r\n${status === 200 ? "" : "content-length: 0\r\n"}\r\n`);
    if (status !== 200 || port === undefined) {
      client.end();
      return;
    }
    const onward = connect(port, "127.0.0.1");
    sockets.add(onward);
    onward.on("error", () => client.destroy());
    client.on("close", () => onward.destroy());
    client.pipe(onward).pipe(client);
  });
  // Whoever sends a request instead of CONNECT is told so.
  server.on("request", (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(501).end();
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
