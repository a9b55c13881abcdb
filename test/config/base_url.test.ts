import { describe, expect, test } from "vitest";
import { baseUrlProblem, DOWNLOAD_HOST, isLoopback } from "../../plugin/config/base_url.ts";

describe("baseUrlProblem()", () => {
  test.each([
    "https://api.services.mimecast.com",
    "https://api.example.com/",
    "https://api.example.com:8443",
    "http://127.0.0.1:8080",
    "http://127.9.9.9",
    "http://localhost:1",
    "http://[::1]:1",
  ])("accepts %s", (url) => {
    expect(baseUrlProblem(url)).toBeUndefined();
  });

  test.each([
    ["api.example.com", /must be a URL/],
    ["", /must be a URL/],
    ["ftp://api.example.com", /must be a URL/],
    ["javascript:alert(1)", /must be a URL/],
    ["https://", /must be a URL/],
    ["https://api.example.com/v1", /host only/],
    ["https://api.example.com?x=1", /host only/],
    ["https://api.example.com#x", /host only/],
    ["https://me@api.example.com", /user name/],
    ["https://me:pw@api.example.com", /user name/],
    ["http://api.example.com", /must be https/],
    ["http://127.0.0.1.example.com", /must be https/],
    ["http://localhost.example.com", /must be https/],
    ["http://10.0.0.1", /must be https/],
    ["http://169.254.169.254", /must be https/],
  ])("refuses %s", (url, problem) => {
    expect(baseUrlProblem(url)).toMatch(problem);
  });
});

test("isLoopback() reads what URL makes of other spellings", () => {
  for (const url of [
    "http://0x7f000001",
    "http://2130706433",
    "http://127.1",
    "http://LOCALHOST",
  ]) {
    expect(isLoopback(new URL(url).hostname)).toBe(true);
  }
  for (const url of ["http://0.0.0.0", "http://128.0.0.1", "http://[::2]", "http://local"]) {
    expect(isLoopback(new URL(url).hostname)).toBe(false);
  }
});

test("DOWNLOAD_HOST takes names and wildcards over at least two labels", () => {
  for (const host of ["*.amazonaws.com", "files.example.com", "*.s3.eu-west-1.amazonaws.com"]) {
    expect(host).toMatch(DOWNLOAD_HOST);
  }
  for (const host of [
    "*",
    "*.com",
    "com",
    "",
    "a.*.com",
    "*amazonaws.com",
    "-a.com",
    "a..com",
    "a.com/x",
    "A.com",
  ]) {
    expect(host).not.toMatch(DOWNLOAD_HOST);
  }
});
