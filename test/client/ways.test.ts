import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { tlsOptions } from "../../plugin/client/tls_options.ts";
import { createWays } from "../../plugin/client/ways.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { selfSigned } from "../support/certificates.ts";

const TLS = selfSigned();
const connect = { ...tlsOptions(TLS.cert), timeout: 60_000 };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe("createWays()", () => {
  test("keeps one way for each proxy, and one without", async () => {
    const env = {
      HTTP_PROXY: "http://one:1",
      HTTPS_PROXY: "http://two:2",
      NO_PROXY: "direct.test",
    };
    const wayTo = createWays(connect, { proxy: null, env });
    const [plain, secure, direct] = await Promise.all(
      ["http://a.test", "https://a.test", "https://direct.test"].map((url) => wayTo(new URL(url))),
    );
    expect([plain, secure, direct].map((way) => way?.proxy?.host ?? null)).toEqual([
      "one:1",
      "two:2",
      null,
    ]);
    expect(await wayTo(new URL("http://b.test"))).toBe(plain);
    expect(await wayTo(new URL("https://b.test"))).toBe(secure);
    expect(await wayTo(new URL("http://direct.test"))).toBe(direct);
  });

  test.each([
    ["127.0.0.1", false, false],
    ["localhost", "localhost", true],
  ])("speaks TLS with a proxy at %s by the name that TLS allows", async (host, name, hasLogin) => {
    const seen: unknown[] = [];
    const server = createTlsServer(TLS);
    server.on("connect", (request, socket) => {
      seen.push((socket as TLSSocket).servername, request.headers["proxy-authorization"]);
      socket.on("error", () => {});
      socket.end("HTTP/1.1 403 x\r\n\r\n");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const proxy = `https://${hasLogin ? "me:pw@" : ""}${host}:${port}`;
    const wayTo = createWays(connect, { proxy, env: {} });
    const { dispatcher } = await wayTo(new URL("https://a.test"));
    closers.push(() => dispatcher.close());
    const asked = dispatcher.request({ origin: "https://a.test", path: "/", method: "GET" });
    await expect(asked).rejects.toThrow("403");
    const login = `Basic ${Buffer.from("me:pw").toString("base64")}`;
    expect(seen).toEqual([name, hasLogin ? login : undefined]);
  });

  test("refuses a proxy that can't be used, wherever it comes from", () => {
    for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) {
      const ways = (value: string) => () =>
        createWays(connect, { proxy: null, env: { [name]: value } });
      expect(ways("socks5://p:1")).toThrow(ConfigError);
      expect(ways("ftp://p")).toThrow(name);
      expect(ways("no URL")).toThrow(ConfigError);
      for (const fine of ["", "http://p", "https://p:1"]) expect(ways(fine)).not.toThrow();
    }
    const env = { HTTPS_PROXY: "no URL" };
    expect(() => createWays(connect, { proxy: "http://p:1", env })).not.toThrow();
    expect(() => createWays(connect, { proxy: "no URL", env: {} })).toThrow('"proxy"');
  });
});
