import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proxyAuthorization, proxyFor } from "../../../plugin/client/probe/proxy_for.ts";
import { type ReachTarget, reach } from "../../../plugin/client/probe/reach.ts";
import { certificateAuthority, selfSigned } from "../../support/certificates.ts";

const tls = selfSigned();
const servers: Server[] = [];

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port));
  });
}

let tlsPort = 0;
let greeted = 0;
beforeAll(async () => {
  tlsPort = await listen(
    createTlsServer(tls, (socket) => {
      socket.on("data", () => {
        greeted++;
      });
      socket.on("error", () => {});
    }),
  );
});
afterAll(() => {
  for (const server of servers) server.close();
});

function target(values: Partial<ReachTarget>): ReachTarget {
  const url = new URL(`https://localhost:${tlsPort}`);
  return { url, proxy: null, caPem: null, timeoutMs: 5_000, ...values };
}

/** A proxy that answers CONNECT with `status` and, for 200, opens the way. */
function proxyServer(status: number, seen: string[]): Server {
  return createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      seen.push(bytes.toString());
      socket.write(`HTTP/1.1 ${status} x\r\n\r\n`);
      if (status !== 200) {
        socket.end();
        return;
      }
      const onward = connect(tlsPort, "127.0.0.1");
      onward.on("error", () => {});
      socket.pipe(onward).pipe(socket);
    });
  });
}

describe("reach()", () => {
  it("shows the issuer of a certificate that is not trusted, and sends nothing over it", async () => {
    const reached = await reach(target({}));
    expect(reached.dns).toMatchObject({ value: expect.arrayContaining(["127.0.0.1"]) });
    expect(reached.tls).toMatchObject({
      value: { refused: "DEPTH_ZERO_SELF_SIGNED_CERT", protocol: "TLSv1.3" },
    });
    if (reached.tls === null || "error" in reached.tls) throw new Error("no certificate");
    expect(reached.tls.value).toMatchObject({ issuer: "localhost", subject: "localhost" });
    expect(Date.parse(reached.tls.value.validTo)).toBeGreaterThan(Date.now());
    expect(greeted).toBe(0);
  });

  it("trusts it with its CA", async () => {
    const reached = await reach(target({ caPem: tls.cert }));
    expect(reached.tls).toMatchObject({ value: { refused: null } });
  });

  it("names who issued a certificate and for whom, and says why it is refused", async () => {
    const ca = certificateAuthority("Acme CA");
    const other = ca.issue({ hosts: ["other.example.com"] });
    const names: string[] = [];
    const named = {
      ...other,
      SNICallback: (name: string, done: (error: null) => void) => {
        names.push(name);
        done(null);
      },
    };
    const port = await listen(createTlsServer(named, (socket) => socket.on("error", () => {})));
    for (const host of ["localhost", "127.0.0.1"]) {
      const url = new URL(`https://${host}:${port}`);
      expect((await reach(target({ url, caPem: ca.cert }))).tls).toMatchObject({
        value: {
          issuer: "Acme CA",
          subject: "other.example.com",
          refused: "ERR_TLS_CERT_ALTNAME_INVALID",
        },
      });
    }
    // TLS knows no name for an address.
    expect(names).toEqual(["localhost"]);
  });

  it("tells how long each step took", async () => {
    const startedMs = performance.now();
    const { dns, tcp, tls: greeting } = await reach(target({}));
    const allMs = Math.ceil(performance.now() - startedMs);
    for (const step of [dns, tcp, greeting]) {
      if (step === null || "error" in step) throw new Error("no step");
      expect(step.ms).toBeGreaterThanOrEqual(0);
      expect(step.ms).toBeLessThanOrEqual(allMs);
    }
  });

  it("greets nobody where the URL is not https, and closes what it has opened", async () => {
    let onClose = (): void => {};
    const closed = new Promise<void>((resolve) => {
      onClose = resolve;
    });
    const server = createTcpServer((socket) => {
      socket
        .on("error", () => {})
        .on("close", onClose)
        .resume();
    });
    const port = await listen(server);
    const reached = await reach(target({ url: new URL(`http://127.0.0.1:${port}`) }));
    expect(reached).toMatchObject({
      dns: { value: ["127.0.0.1"] },
      tcp: { value: `127.0.0.1 port ${port}` },
      proxy: null,
      tls: null,
    });
    await closed;
  });

  it("ends at a name that does not resolve", async () => {
    const reached = await reach(target({ url: new URL("https://no-such-host.invalid") }));
    expect(reached.dns).toMatchObject({ error: { code: "dns" } });
    expect(reached).toMatchObject({ tcp: null, proxy: null, tls: null });
  });

  it("ends at a port on which nobody listens", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((done) => server.close(done));
    const reached = await reach(target({ url: new URL(`https://127.0.0.1:${port}`) }));
    expect(reached.tcp).toMatchObject({ error: { code: "connect" } });
  });

  it("ends at a server that never says a word of TLS", async () => {
    const port = await listen(createTcpServer((socket) => socket.on("error", () => {})));
    const url = new URL(`https://127.0.0.1:${port}`);
    const reached = await reach(target({ url, timeoutMs: 200 }));
    expect(reached.tls).toMatchObject({ error: { code: "timeout" } });
  });

  it("goes through a proxy, with its user and password", async () => {
    const seen: string[] = [];
    const port = await listen(proxyServer(200, seen));
    const proxy = new URL(`http://us%40er:pass@127.0.0.1:${port}`);
    const reached = await reach(target({ proxy }));
    expect(reached.proxy).toMatchObject({ value: `127.0.0.1:${port}` });
    expect(reached.tls).toMatchObject({ value: { protocol: "TLSv1.3" } });
    const basic = Buffer.from("us@er:pass").toString("base64");
    expect(seen[0]).toContain(`Proxy-Authorization: Basic ${basic}\r\n`);
    expect(seen[0]).toMatch(/^CONNECT localhost:\d+ HTTP\/1\.1\r\n/);
  });

  it("goes through a proxy that speaks TLS, if its certificate is trusted", async () => {
    const seen: string[] = [];
    const server = createTlsServer(tls, (socket) =>
      proxyServer(200, seen).emit("connection", socket),
    );
    server.on("tlsClientError", () => {});
    const port = await listen(server);
    for (const host of ["localhost", "127.0.0.1"]) {
      const proxy = new URL(`https://${host}:${port}`);
      const trusted = await reach(target({ proxy, caPem: tls.cert }));
      expect(trusted).toMatchObject({
        proxy: { value: `${host}:${port}` },
        tls: { value: { refused: null } },
      });
      const refused = await reach(target({ proxy }));
      expect(refused).toMatchObject({ proxy: { error: { code: "tls" } }, tls: null });
    }
    expect(seen).toHaveLength(2);
    expect(seen[0]).not.toContain("Authorization");
  });

  it.each([
    ["https://a.example.com", "a.example.com:443"],
    ["http://a.example.com", "a.example.com:80"],
    ["https://[2001:db8::1]:8443", "[2001:db8::1]:8443"],
  ])("asks a proxy for the way to %s as %s", async (url, at) => {
    const seen: string[] = [];
    const port = await listen(proxyServer(403, seen));
    const proxy = new URL(`http://127.0.0.1:${port}`);
    await reach(target({ url: new URL(url), proxy }));
    expect(seen).toEqual([`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n\r\n`]);
  });

  it.each([
    ["ends", (socket: Socket) => socket.end(), "reset", "closed in the middle"],
    ["resets", (socket: Socket) => socket.resetAndDestroy(), "reset", "closed in the middle"],
    ["greets", (socket: Socket) => socket.end("220 smtp\r\n"), "proxy", "it answered no HTTP"],
  ])("tells a proxy that %s the connection", async (_what, act, code, words) => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => act(socket));
    });
    const proxy = new URL(`http://127.0.0.1:${await listen(server)}`);
    const reached = await reach(target({ proxy, timeoutMs: 60_000 }));
    if (reached.proxy === null || !("error" in reached.proxy)) throw new Error("no error");
    expect(reached.proxy.error.code).toBe(code);
    expect(reached.proxy.error.message).toContain(words);
  });

  it.each([
    [407, "network.proxy"],
    [403, "Allow CONNECT"],
  ])("names the proxy's %i and the remedy", async (status, remedy) => {
    const port = await listen(proxyServer(status, []));
    const reached = await reach(target({ proxy: new URL(`http://127.0.0.1:${port}`) }));
    if (reached.proxy === null || !("error" in reached.proxy)) throw new Error("no error");
    expect(reached.proxy.error.message).toContain(String(status));
    expect(reached.proxy.error.hint).toContain(remedy);
  });
});

describe("proxyFor()", () => {
  const env = {
    HTTPS_PROXY: "http://p:3128",
    NO_PROXY: "internal.example, .corp.test:8443,*.x.test, 2001:db8::1 [2001:db8::2]:443",
  };
  const at = (url: string, proxy: string | null = null) =>
    proxyFor(new URL(url), { proxy, env })?.host ?? null;

  it.each([
    ["https://api.services.mimecast.com", "p:3128"],
    ["http://api.services.mimecast.com", null],
    ["https://internal.example", null],
    ["https://a.internal.example", null],
    ["https://notinternal.example", "p:3128"],
    ["https://a.corp.test:8443", null],
    ["https://a.corp.test", "p:3128"],
    ["https://a.x.test", null],
    ["https://127.0.0.1:1", null],
    ["https://[::1]:1", null],
    ["https://localhost", null],
    ["https://127.8.0.1", null],
    ["https://[2001:db8::1]:8443", null],
    ["https://[2001:db8::2]", null],
    ["https://[2001:db8::2]:8443", "p:3128"],
    ["https://[2001:db8::3]", "p:3128"],
  ])("%s: %s", (url, host) => {
    expect(at(url)).toBe(host);
  });

  it("of the configuration wins, and NO_PROXY does not count for it", () => {
    expect(at("https://internal.example", "http://own:1")).toBe("own:1");
  });

  it.each([
    ["https://x.test", { NO_PROXY: "*" }, null],
    ["https://x.test", { NO_PROXY: " * " }, null],
    ["https://x.test", { NO_PROXY: "*, y.test" }, "p:3128"],
    ["https://x.test./", { NO_PROXY: ", ," }, "p:3128"],
    ["https://10.1.2.3", { NO_PROXY: "2.3" }, "p:3128"],
    ["https://10.1.2.3", { NO_PROXY: "10.1.2.3" }, null],
    ["http://x.test", { HTTP_PROXY: "http://q:1", NO_PROXY: "x.test:80" }, null],
    ["http://x.test", { HTTP_PROXY: "http://q:1", NO_PROXY: "x.test:443" }, "q:1"],
    ["https://x.test", { NO_PROXY: "x.test", no_proxy: "" }, "p:3128"],
    ["https://x.test", { https_proxy: "http://lower:1" }, "lower:1"],
    ["https://x.test", { https_proxy: "" }, null],
    ["https://x.test", { https_proxy: "no URL" }, null],
    ["https://x.test", { HTTPS_PROXY: undefined, http_proxy: "http://q:1" }, "q:1"],
    ["http://x.test", {}, null],
  ])("of %s with %j is %s", (url, more, host) => {
    const all = { HTTPS_PROXY: "http://p:3128", ...more };
    expect(proxyFor(new URL(url), { proxy: null, env: all })?.host ?? null).toBe(host);
  });
});

describe("proxyAuthorization()", () => {
  it.each([
    ["http://p:1", null],
    ["http://user:p%40ss@p:1", "user:p@ss"],
    ["http://token@p:1", "token:"],
    ["http://:pass@p:1", ":pass"],
    ["http://user:100%@p:1", "user:100%"],
  ])("of %s: %s", (url, login) => {
    const wanted = login === null ? null : `Basic ${Buffer.from(login).toString("base64")}`;
    expect(proxyAuthorization(new URL(url))).toBe(wanted);
  });
});
