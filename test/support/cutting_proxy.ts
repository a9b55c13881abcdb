import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that a test can cut: "answers" lets requests through and no answer back, "all" lets nothing through. */
export interface CuttingProxy {
  readonly port: number;
  cut(what: "nothing" | "answers" | "all"): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `port`. */
export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  let mode: "nothing" | "answers" | "all" = "nothing";
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (piece) => {
      if (mode !== "all") far.write(piece);
    });
    far.on("data", (piece) => {
      if (mode === "nothing") near.write(piece);
      // The server has done what was asked; nobody learns of it.
      else near.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    cut(what) {
      mode = what;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
