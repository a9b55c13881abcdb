import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createFetch } from "../../plugin/client/undici_fetch.ts";
import type { HttpRequest } from "../../plugin/effects.ts";
import { ConfigError, NetworkError } from "../../plugin/errors.ts";
import { selfSigned } from "../support/certificates.ts";
import { collect } from "../support/fake_effects.ts";

const open: TcpServer[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of open.splice(0)) await whenClosed(server);
});

function whenClosed(server: TcpServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function listening(server: TcpServer): Promise<number> {
  open.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const serve = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  listening(createServer(handle));

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url,
  headers: {},
  timeoutMs: 5_000,
  ...more,
});

async function networkErrorOf(promise: Promise<unknown>): Promise<NetworkError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NetworkError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

const NO_PROXY = { env: {} };

describe("createFetch()", () => {
  test("sends method, headers and body, and gives status, lower-case headers and body", async () => {
    const port = await serve((request, response) => {
      let body = "";
      request.on("data", (piece) => {
        body += piece;
      });
      request.on("end", () => {
        response.writeHead(207, { "X-Mixed-Case": "v", "Set-Cookie": ["a=1", "b=2"] });
        response.end(`${request.method} ${request.url} ${request.headers["x-a"]} ${body}`);
      });
    });
    const answer = await createFetch(NO_PROXY)(
      get(`http://127.0.0.1:${port}/p?q=1`, { method: "POST", headers: { "x-a": "1" }, body: "b" }),
    );
    expect(answer.status).toBe(207);
    expect(answer.headers).toMatchObject({ "x-mixed-case": "v", "set-cookie": "a=1, b=2" });
    expect(String(await collect(answer.body))).toBe("POST /p?q=1 1 b");
  });

  test("follows no redirect and unpacks nothing", async () => {
    const packed = gzipSync("content");
    let requests = 0;
    const port = await serve((request, response) => {
      requests += 1;
      expect(request.headers["accept-encoding"]).toBeUndefined();
      if (request.url === "/moved") response.writeHead(302, { location: "/other" }).end();
      else response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    const fetch = createFetch(NO_PROXY);
    const moved = await fetch(get(`http://127.0.0.1:${port}/moved`));
    expect(moved.status).toBe(302);
    await collect(moved.body);
    const answer = await fetch(get(`http://127.0.0.1:${port}/x`));
    expect((await collect(answer.body)).equals(packed)).toBe(true);
    expect(requests).toBe(2);
  });

  test("no answer in time is a timeout, before the headers and inside the body", async () => {
    const port = await serve((request, response) => {
      // Enough bytes that the pace is no reason, however late they come on a busy machine.
      if (request.url?.startsWith("/body")) response.write("first".padEnd(1_000_000));
    });
    const fetch = createFetch(NO_PROXY);
    const url = `http://127.0.0.1:${port}`;
    const late = await networkErrorOf(fetch(get(`${url}/headers`, { timeoutMs: 50 })));
    expect(late.code).toBe("timeout");
    // On a busy machine the headers may be late too.
    const asked = () => fetch(get(`${url}/body?token=hidden`, { timeoutMs: 50 }));
    const answer = await vi.waitFor(asked, { timeout: 300_000 });
    const stalled = await networkErrorOf(collect(answer.body));
    expect(stalled).toMatchObject({ code: "timeout" });
    expect(stalled.message).toBe(`Cannot reach "127.0.0.1:${port}": no answer in time`);
  });

  test("a connection that is refused or closed has its own code", async () => {
    const port = await serve((request, response) => {
      if (request.url === "/half") {
        response.writeHead(200, { "content-length": "100" });
        response.write("part");
        setImmediate(() => response.destroy());
      } else request.socket.destroy();
    });
    const fetch = createFetch(NO_PROXY);
    const closed = await networkErrorOf(fetch(get(`http://127.0.0.1:${port}/?secret=1`)));
    expect(closed.code).toBe("reset");
    expect(closed.message).not.toContain("secret");
    const half = await fetch(get(`http://127.0.0.1:${port}/half`));
    expect((await networkErrorOf(collect(half.body))).code).toBe("reset");
    const free = await listening(createTcpServer());
    await whenClosed(open.pop() as TcpServer);
    expect((await networkErrorOf(fetch(get(`http://127.0.0.1:${free}/`)))).code).toBe("connect");
  });

  test("something that does not speak HTTP is told apart", async () => {
    const port = await listening(createTcpServer((socket) => socket.end("220 smtp ready\r\n")));
    const error = await networkErrorOf(createFetch(NO_PROXY)(get(`http://127.0.0.1:${port}/`)));
    expect(error.code).toBe("protocol");
    expect(JSON.stringify([error, error.cause])).not.toContain("smtp");
  });

  test("a signal ends the request, and the body, with its own reason", async () => {
    const port = await serve((request, response) => {
      if (request.url?.startsWith("/body")) response.write("first");
    });
    const fetch = createFetch(NO_PROXY);
    for (const path of ["/headers", "/body"]) {
      const stop = new AbortController();
      const url = `http://127.0.0.1:${port}${path}`;
      setTimeout(() => stop.abort(new Error("stopped")), 20);
      const reading = async () => {
        const answer = await fetch(get(url, { signal: stop.signal }));
        return collect(answer.body);
      };
      await expect(reading()).rejects.toThrow("stopped");
    }
  });

  test("a signal that has ended already sends nothing", async () => {
    let requests = 0;
    const port = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const signal = AbortSignal.abort(new Error("stopped before"));
    const asked = createFetch(NO_PROXY)(get(`http://127.0.0.1:${port}/`, { signal }));
    await expect(asked).rejects.toThrow("stopped before");
    expect(requests).toBe(0);
  });

  test("a signal that ends between two pieces of a body ends the reading", async () => {
    const port = await serve((_request, response) => {
      response.write("first");
    });
    const stop = new AbortController();
    const answer = await createFetch(NO_PROXY)(
      get(`http://127.0.0.1:${port}/`, { signal: stop.signal }),
    );
    const pieces = answer.body[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe("first");
    stop.abort(new Error("stopped between"));
    await expect(pieces.next()).rejects.toThrow("stopped between");
  });

  test("a reader that stops early closes the connection", async () => {
    let onClose = (): void => {};
    const isClosed = new Promise<void>((resolve) => {
      onClose = resolve;
    });
    const port = await serve((request, response) => {
      request.socket.once("close", onClose);
      const more = setInterval(() => response.write("x".repeat(1_000)), 1);
      response.once("close", () => clearInterval(more));
    });
    const answer = await createFetch(NO_PROXY)(get(`http://127.0.0.1:${port}/`));
    for await (const piece of answer.body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await isClosed;
  });
});

describe("createFetch() and TLS", () => {
  const { key, cert } = selfSigned();
  const serveTls = () =>
    listening(
      createTlsServer({ key, cert }, (_request, response) => {
        response.end("over TLS");
      }),
    );

  test("an unknown certificate is refused, always", async () => {
    const port = await serveTls();
    const error = await networkErrorOf(createFetch(NO_PROXY)(get(`https://127.0.0.1:${port}/`)));
    expect(error.code).toBe("tls");
    expect(error.hint).toContain("CA file");
  });

  test("a CA given as PEM is trusted, besides the known ones", async () => {
    const port = await serveTls();
    const fetch = createFetch({ ...NO_PROXY, caPem: cert });
    const answer = await fetch(get(`https://localhost:${port}/`));
    expect(String(await collect(answer.body))).toBe("over TLS");
  });

  test("a certificate for another name is refused although its CA is trusted", async () => {
    const other = selfSigned(Date.now(), "mimecast.example.com");
    const port = await listening(
      createTlsServer({ key: other.key, cert: other.cert }, (_request, response) => {
        response.end("x");
      }),
    );
    const fetch = createFetch({ ...NO_PROXY, caPem: other.cert });
    expect((await networkErrorOf(fetch(get(`https://localhost:${port}/`)))).code).toBe("tls");
  });

  test("a CA file without a certificate is a ConfigError at once", () => {
    expect(() => createFetch({ caPem: "not a certificate" })).toThrow(ConfigError);
    expect(() => createFetch({ caPem: "" })).toThrow(ConfigError);
  });
});

describe("createFetch() and proxies", () => {
  /** A CONNECT proxy that notes where it was asked to go; every tunnel ends at `port`. */
  async function proxyTo(port: number, status = "200 OK") {
    const asked: string[] = [];
    const server = createServer();
    server.on("connect", (request, socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      if (!status.startsWith("200")) {
        socket.end();
        return;
      }
      const upstream = connect(port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    return { asked, url: `http://127.0.0.1:${await listening(server)}` };
  }
  const target = () =>
    serve((_request, response) => {
      response.end("through");
    });

  test("a configured proxy is used, with its credentials, but not for loopback", async () => {
    const port = await target();
    const proxy = await proxyTo(port);
    const withLogin = proxy.url.replace("//", "//user:p%40ss@");
    const fetch = createFetch({ proxy: withLogin, env: {} });
    const answer = await fetch(get("http://api.example.com/x"));
    expect(String(await collect(answer.body))).toBe("through");
    const login = Buffer.from("user:p@ss").toString("base64");
    expect(proxy.asked).toEqual([`api.example.com:80 Basic ${login}`]);
    await collect((await fetch(get(`http://127.0.0.1:${port}/`))).body);
    expect(proxy.asked).toHaveLength(1);
  });

  test("the environment's proxy and NO_PROXY are used", async () => {
    const port = await target();
    const proxy = await proxyTo(port);
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: ".internal.example.com" };
    const fetch = createFetch({ env });
    await collect((await fetch(get("http://api.example.com/x"))).body);
    expect(proxy.asked).toEqual(["api.example.com:80"]);
    const direct = fetch(get("http://host.internal.example.com:1/x", { timeoutMs: 2_000 }));
    expect(["dns", "connect"]).toContain((await networkErrorOf(direct)).code);
    expect(proxy.asked).toHaveLength(1);
  });

  test("a proxy that refuses is named as the reason, without its credentials", async () => {
    const port = await target();
    for (const [status, code] of [
      ["407 Proxy Authentication Required", "proxy_auth"],
      ["403 Forbidden", "proxy"],
    ] as const) {
      const proxy = await proxyTo(port, status);
      const withLogin = proxy.url.replace("//", "//user:proxy-password@");
      const fetch = createFetch({ proxy: withLogin, env: {} });
      const error = await networkErrorOf(fetch(get("http://api.example.com/x")));
      expect(error.code).toBe(code);
      expect(error.message).toContain(status.slice(0, 3));
      expect(JSON.stringify([error.message, error.hint])).not.toContain("proxy-password");
    }
  });

  test("a proxy that never answers is a timeout", async () => {
    const port = await listening(createTcpServer(() => {}));
    const fetch = createFetch({
      proxy: `http://127.0.0.1:${port}`,
      env: {},
      connectTimeoutMs: 50,
    });
    const error = await networkErrorOf(fetch(get("http://api.example.com/x", { timeoutMs: 50 })));
    expect(error.code).toBe("timeout");
  });

  test("a proxy that is no http URL is a ConfigError that does not quote it", () => {
    for (const proxy of ["proxy:8080", "socks5://user:pw@proxy:1", "user:pw@proxy:8080"]) {
      expect(() => createFetch({ proxy, env: {} })).toThrow(ConfigError);
      expect(() => createFetch({ env: { HTTPS_PROXY: proxy } })).toThrow(/must be a http/);
      expect(() => createFetch({ proxy, env: {} })).not.toThrow(/pw/);
    }
  });
});
