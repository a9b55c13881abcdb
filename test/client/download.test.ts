import { describe, expect, test } from "vitest";
import { bounded, readDownload } from "../../plugin/client/download.ts";
import { ApiError, LinkExpiredError } from "../../plugin/errors.ts";
import { answer, chunked, collect } from "../support/fake_effects.ts";

const LINK = new URL("https://bucket.s3.amazonaws.com/logs/a.json.gz?X-Amz-Signature=hidden");
const xml = (code: string) => `<Error><Code>${code}</Code></Error>`;

async function refused(status: number, text: string, headers: Record<string, string> = {}) {
  const attempted = await readDownload(answer({ status, text, headers }), LINK);
  if ("value" in attempted) throw new Error("It did not fail");
  return attempted;
}

describe("readDownload()", () => {
  test("gives the body and its content type, made fit for a message", async () => {
    const headers = { "content-type": `application/gzip\u001b[31m${"x".repeat(80)}` };
    const attempted = await readDownload(answer({ text: "gz", headers }), LINK);
    if ("error" in attempted) throw attempted.error;
    expect(attempted.value.contentType).toMatch(/^application\/gzip \[31mx+…$/);
    expect(attempted.value.contentType).toHaveLength(61);
    expect(String(await collect(attempted.value))).toBe("gz");
    const bare = await readDownload(answer({ text: "gz" }), LINK);
    expect(bare).toMatchObject({ value: { contentType: "none" } });
  });

  test.each([
    [403, "AccessDenied"],
    [403, "SignatureDoesNotMatch"],
    [404, "NoSuchKey"],
    [410, "Gone"],
    [400, "ExpiredToken"],
    [400, "RequestExpired"],
    [400, "TokenRefreshRequired"],
  ])(
    "%i %s of the storage is an expired link, and no reason to ask again",
    async (status, code) => {
      const { error, outcome } = await refused(
        status,
        `\uFEFF\n<?xml version="1.0"?>\n${xml(code)}`,
      );
      expect(error).toBeInstanceOf(LinkExpiredError);
      expect(error.message).toBe(
        `The download link is not valid any more: "bucket.s3.amazonaws.com/logs/a.json.gz" answered ${status} ${code}`,
      );
      expect(outcome).toMatchObject({ status: 403 });
    },
  );

  test.each([
    [400, xml("InvalidRequest"), "http_400", false],
    [503, xml("SlowDown"), "http_503", true],
    [500, "", "http_500", true],
    [501, "", "http_501", false],
    [429, "busy", "http_429", true],
    [408, "", "http_408", true],
    [404, "not found", "not_mimecast", false],
    [302, "", "not_mimecast", false],
    [403, `<ErrorPage>${xml("AccessDenied")}</ErrorPage>`, "not_mimecast", false],
    [403, "<Error><Code>two words</Code></Error>", "not_mimecast", false],
  ])("%i %s is %s", async (status, text, code, retryable) => {
    const { error, outcome } = await refused(status, text, { "retry-after": "7" });
    expect(error).toMatchObject({ code, status, retryable });
    expect(error).toBeInstanceOf(ApiError);
    expect(outcome).toEqual({ status, headers: { "retry-after": "7" } });
    expect(error.message).not.toContain("hidden");
  });

  test("says what came where the storage's own code is missing", async () => {
    expect((await refused(404, "x", { "content-type": "text/plain" })).error.message).toContain(
      "answered 404 (text/plain)",
    );
    expect((await refused(404, "x")).error.message).toContain("answered 404 (none)");
  });
});

describe("bounded()", () => {
  test("lets a body through that is as long as allowed, and not a byte more", async () => {
    const pieces = [Buffer.from("abc"), Buffer.from("de")];
    expect(String(await collect(bounded(chunked(pieces), 5)))).toBe("abcde");
    await expect(collect(bounded(chunked(pieces), 4))).rejects.toMatchObject({ code: "too_large" });
  });
});
