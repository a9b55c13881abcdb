import { describe, expect, test } from "vitest";
import { networkError, TimeoutError } from "../../plugin/client/network_error.ts";

const URL_ = "https://user:pw@eu-api.mimecast.com/path?key=hidden";
const PROXY = new URL("http://user:pw@proxy.example.com:3128");
const coded = (code: string, message = "said") => Object.assign(new Error(message), { code });

describe("networkError()", () => {
  test.each([
    ["ENOTFOUND", "dns", "the name does not resolve (ENOTFOUND)"],
    ["EAI_AGAIN", "dns", "the name does not resolve (EAI_AGAIN)"],
    ["ECONNREFUSED", "connect", "the connection was refused or there is no route (ECONNREFUSED)"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout", "no answer in time"],
    ["ETIMEDOUT", "timeout", "no answer in time"],
    ["UND_ERR_ABORTED", "reset", "the connection was closed in the middle (UND_ERR_ABORTED)"],
    ["UND_ERR_SOCKET", "reset", "the connection was closed in the middle (UND_ERR_SOCKET)"],
    ["UND_ERR_PRX_TLS", "proxy", "the proxy refused to open the way (UND_ERR_PRX_TLS)"],
    [
      "CERT_HAS_EXPIRED",
      "tls",
      "the TLS certificate or handshake was not accepted (CERT_HAS_EXPIRED)",
    ],
    ["EPROTO", "tls", "the TLS certificate or handshake was not accepted (EPROTO)"],
    ["NO_CERT_AT_ALL", "network", "the exchange failed (NO_CERT_AT_ALL)"],
    ["", "network", "the exchange failed"],
  ])("knows the code %j as %s", (code, wanted, words) => {
    const error = networkError(coded(code), URL_);
    expect(error.code).toBe(wanted);
    expect(error.message).toBe(`Cannot reach "eu-api.mimecast.com": ${words}`);
  });

  test.each([
    ["Proxy response (407) !== 200 when HTTP Tunneling", "proxy_auth", "(407)"],
    ["Proxy response (502) !== 200 when HTTP Tunneling", "proxy", "(502)"],
    ["No Proxy response (407)", "network", "the exchange failed"],
  ])("reads what a proxy answered out of %j", (message, code, words) => {
    const error = networkError(coded("", message), URL_, { proxy: PROXY });
    expect(error.code).toBe(code);
    expect(error.message).toContain('through the proxy "proxy.example.com:3128": ');
    expect(error.message).toContain(words);
  });

  test("a parser that gave up has met something that speaks no HTTP; its bytes are not kept", () => {
    const parser = Object.assign(coded("HPE_INVALID", "Expected HTTP/"), { data: "220 smtp" });
    parser.name = "HTTPParserError";
    const error = networkError(parser, URL_);
    expect(error.code).toBe("protocol");
    expect(error.cause).toMatchObject({ name: "HTTPParserError", code: "HPE_INVALID" });
    expect(error.cause).not.toHaveProperty("data");
  });

  test("finds the reason inside of what undici and Node put around it", () => {
    const inner = coded("ENOTFOUND");
    const nested = new Error("fetch failed", { cause: new Error("more", { cause: inner }) });
    const several = Object.assign(new Error("all"), { errors: ["text", coded("ECONNREFUSED")] });
    expect(networkError(nested, URL_).code).toBe("dns");
    expect(networkError(several, URL_).code).toBe("connect");
    expect(networkError(new Error("x", { cause: "text" }), URL_).cause).toMatchObject({
      message: "x",
    });
    const endless = new Error("x");
    endless.cause = endless;
    expect(networkError(endless, URL_).code).toBe("network");
  });

  test.each([
    [null, "null"],
    [undefined, "undefined"],
    ["text", "text"],
    [{ message: 5, name: 6, code: 7 }, "[object Object]"],
  ])("takes %j that was thrown for an error", (thrown, message) => {
    const error = networkError(thrown, "no URL");
    expect(error.message).toBe('Cannot reach "?": the exchange failed');
    expect(error.cause).toMatchObject({ name: "Error", message, code: "" });
  });

  test("keeps the words of our own time limit", () => {
    const late = new TimeoutError("the answer comes too slowly");
    expect(networkError(late, URL_)).toMatchObject({
      code: "timeout",
      message: 'Cannot reach "eu-api.mimecast.com": the answer comes too slowly',
    });
    expect(networkError(new Error("x", { cause: late }), URL_).cause).toBe(late);
  });

  test("the remedy is the caller's, else the proxy's where there is one, else the network's", () => {
    const refused = coded("ECONNREFUSED");
    expect(networkError(refused, URL_).hint).toContain("firewall");
    expect(networkError(refused, URL_, { proxy: PROXY }).hint).toContain("proxy's address");
    expect(networkError(coded("ENOTFOUND"), URL_, { proxy: PROXY }).hint).toContain("proxy's");
    expect(networkError(coded("EPROTO"), URL_, { proxy: PROXY }).hint).toContain("CA file");
    const hints = { connect: "start it" };
    expect(networkError(refused, URL_, { proxy: PROXY, hints }).hint).toBe("start it");
    expect(networkError(coded("ECONNRESET"), URL_, { proxy: PROXY }).hint).toBeUndefined();
  });
});
