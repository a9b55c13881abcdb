import { describe, expect, test } from "vitest";
import { allowedLink, isLoopback } from "../../plugin/client/download_host.ts";
import { ApiError } from "../../plugin/errors.ts";

const account = (baseUrl: string) => ({
  name: "acme",
  baseUrl,
  downloadHosts: ["*.amazonaws.com", "files.example.com"],
});
const REAL = account("https://api.services.mimecast.com");
const LOCAL = account("http://127.0.0.1:8080");

describe("allowedLink()", () => {
  test.each([
    "https://s3.eu-west-1.amazonaws.com/b/log.json.gz?X-Amz-Signature=s",
    "https://bucket.s3.amazonaws.com/log.json.gz",
    "https://BUCKET.S3.AMAZONAWS.COM/log.json.gz",
    "https://files.example.com/x",
    "https://a.amazonaws.com/x",
  ])("lets %s pass", (link) => {
    expect(allowedLink(link, REAL).protocol).toBe("https:");
  });

  test.each([
    "http://bucket.s3.amazonaws.com/log.json.gz",
    "https://amazonaws.com/x",
    "https://evilamazonaws.com/x",
    "https://s3.amazonaws.com.example.net/x",
    "https://s3.amazonaws.com./x",
    "https://s3.amazonaws.com:8443/x",
    "https://s3.amazonaws.com:22/x",
    "https://user:pw@s3.amazonaws.com/x",
    "https://user@s3.amazonaws.com/x",
    "https://:pw@s3.amazonaws.com/x",
    "https://.amazonaws.com/x",
    "https://s3.amazonaws.com@example.net/x",
    "https://sub.files.example.com/x",
    "https://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "file:///etc/passwd",
    "data:text/plain,x",
    "/relative",
    "",
  ])("refuses %s", (link) => {
    expect(() => allowedLink(link, REAL)).toThrow(ApiError);
  });

  test("loopback links need a loopback API", () => {
    expect(allowedLink("http://127.0.0.1:9/x", LOCAL).port).toBe("9");
    expect(allowedLink("http://localhost:9/x", LOCAL).port).toBe("9");
    expect(() => allowedLink("http://192.0.2.1/x", LOCAL)).toThrow(ApiError);
    expect(() => allowedLink("http://127.0.0.1.example.net/x", LOCAL)).toThrow(ApiError);
  });

  test("the message holds no query", () => {
    try {
      allowedLink("https://example.net/x?X-Amz-Signature=abcdef", REAL);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "download_host", retryable: false });
      expect((error as ApiError).message).not.toContain("abcdef");
    }
  });
});

describe("isLoopback()", () => {
  test("knows the spellings that URL brings to one form", () => {
    for (const host of ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::1]"]) {
      expect(isLoopback(new URL(`http://${host}/`)), host).toBe(true);
    }
    for (const host of ["128.0.0.1", "localhost.example.com", "[::2]", "127.0.0.1.example.com"]) {
      expect(isLoopback(new URL(`http://${host}/`)), host).toBe(false);
    }
  });
});
