import { describe, expect, it } from "vitest";
import { isLocalOnly, parseListen } from "../../plugin/config/http_server.ts";

describe("parseListen()", () => {
  it.each([
    ["127.0.0.1:9477", "127.0.0.1", 9477, true],
    ["127.9.9.9:1", "127.9.9.9", 1, true],
    ["[::1]:65535", "::1", 65_535, true],
    ["0.0.0.0:80", "0.0.0.0", 80, false],
    ["[::]:80", "::", 80, false],
    ["10.1.2.3:80", "10.1.2.3", 80, false],
    ["[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, false],
  ])("reads %s", (text, host, port, isLocal) => {
    const listen = parseListen(text);
    expect(listen).toEqual({ host, port });
    expect(isLocalOnly(listen!)).toBe(isLocal);
  });

  it.each([
    "",
    "9477",
    ":9477",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "::1:80",
    "[127.0.0.1]:80",
    "localhost:80",
    "127.1:80",
    "[::1%lo]x:80",
    "127.0.0.1:80/",
  ])("refuses %j", (text) => {
    expect(parseListen(text)).toBeUndefined();
  });
});
