import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What the proxy does to a line. "cut": the connection ends before it. */
export type Fate = "pass" | "drop" | "cut";

/** A TCP proxy that knows lines, on 127.0.0.1. */
export interface LossyProxy {
  readonly port: number;
  /** Whole lines that came in, in order. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** Starts it before `port`; `fateOf` is asked for each line. */
export async function startLossyProxy(
  port: number,
  fateOf: (line: string) => Fate,
): Promise<LossyProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(port, "127.0.0.1");
    let rest = "";
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        incoming.destroy();
        outgoing.destroySoon();
      });
    }
    incoming.setEncoding("utf8");
    incoming.on("data", (piece: string) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        seen.push(line);
        const fate = fateOf(line);
        // The rest of the piece goes down with the connection.
        if (fate === "cut") return incoming.destroy();
        if (fate === "pass") outgoing.write(`${line}\n`);
      }
      return undefined;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
