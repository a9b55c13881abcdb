import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type Listener, sendLines } from "../../../plugin/client/probe/send_lines.ts";
import { NetworkError } from "../../../plugin/errors.ts";
import { selfSigned } from "../../support/certificates.ts";

const tls = selfSigned();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** A listener that gives what the first connection has sent, once it has ended, and the name that TLS asked for. */
async function receiver(withTls: boolean) {
  let onEnd = (_: { text: string; name: unknown }): void => {};
  const received = new Promise<{ text: string; name: unknown }>((resolve) => {
    onEnd = resolve;
  });
  const take = (socket: Socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("end", () => onEnd({ text, name: (socket as TLSSocket).servername }));
  };
  const server = withTls ? createTlsServer(tls, take) : createServer(take);
  return { port: await listening(server), received };
}

const to = (port: number, more: Partial<Listener> = {}): Listener => ({
  host: "127.0.0.1",
  port,
  tls: null,
  timeoutMs: 60_000,
  ...more,
});
const LINES = Buffer.from("<13>1 a\n<13>1 b\n".repeat(5_000));

async function errorOf(promise: Promise<void>): Promise<NetworkError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NetworkError);
  return error as NetworkError;
}

describe("sendLines()", () => {
  it("sends every byte over TCP, then closes", async () => {
    const { port, received } = await receiver(false);
    await sendLines(LINES, to(port));
    expect((await received).text === String(LINES)).toBe(true);
  });

  it.each([
    ["localhost", "localhost"],
    ["127.0.0.1", false],
  ])("sends over TLS to %s, with the server name that TLS allows", async (host, name) => {
    const { port, received } = await receiver(true);
    await sendLines(LINES, to(port, { host, tls: { caPem: tls.cert } }));
    const { text, name: asked } = await received;
    expect(text === String(LINES)).toBe(true);
    expect(asked).toBe(name);
  });

  it("trusts no certificate that nobody vouches for, and names the remedy", async () => {
    const { port } = await receiver(true);
    const error = await errorOf(sendLines(LINES, to(port, { tls: { caPem: null } })));
    expect(error.code).toBe("tls");
    expect(error.message).toContain(`"127.0.0.1:${port}"`);
    expect(error.hint).toContain("--ca FILE");
  });

  it("says of a port on which nobody listens what QRadar's ports are", async () => {
    const port = await listening(createServer());
    await new Promise((done) => servers.pop()?.close(done));
    const error = await errorOf(sendLines(LINES, to(port)));
    expect(error.code).toBe("connect");
    expect(error.hint).toContain(`TCP ${port} (syslog: 514`);
  });

  it("ends where TLS is not answered in time", async () => {
    const port = await listening(createServer((socket) => socket.on("error", () => {})));
    const error = await errorOf(
      sendLines(LINES, to(port, { tls: { caPem: null }, timeoutMs: 50 })),
    );
    expect(error).toMatchObject({ code: "timeout", hint: expect.stringContaining("firewalls") });
  });

  it("asks about TLS where a listener closes before it has taken the lines", async () => {
    const close = (socket: Socket) => {
      socket.on("error", () => {});
      socket.resetAndDestroy();
    };
    const many = Buffer.alloc(50_000_000, "x");
    const plain = await errorOf(sendLines(many, to(await listening(createServer(close)))));
    expect(plain).toMatchObject({ code: "reset", hint: expect.stringContaining("--tls") });
    const port = await listening(createServer(close));
    const secure = await errorOf(sendLines(many, to(port, { tls: { caPem: null } })));
    expect(secure).toMatchObject({ code: "reset", hint: expect.stringContaining("firewalls") });
  });

  it("writes an address of IPv6 as one", async () => {
    const error = await errorOf(sendLines(LINES, to(1, { host: "::1" })));
    expect(error.message).toContain('"[::1]:1"');
  });
});
