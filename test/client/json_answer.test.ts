import { describe, expect, test } from "vitest";
import { attempted, isFile, readJsonAnswer } from "../../plugin/client/json_answer.ts";
import { ApiError, AuthError } from "../../plugin/errors.ts";
import { answer } from "../support/fake_effects.ts";

const CONTEXT = {
  method: "POST",
  path: "/api/x",
  host: "eu-api.mimecast.com",
  api: "1.0",
  nowMs: 0,
  redact: (text: string) => text,
} as const;
const read = (parts: Parameters<typeof answer>[0]) =>
  readJsonAnswer(answer(parts), CONTEXT, 1_000_000);
const fail = [{ errors: [{ code: "err_x", message: "m" }] }];

describe("readJsonAnswer()", () => {
  test.each([200, 299])("takes %i for a success", async (status) => {
    expect(await read({ status, json: { data: [] } })).toEqual({
      body: { data: [] },
      text: '{"data":[]}',
    });
  });

  test.each([199, 300, 400])("takes %i for none", async (status) => {
    await expect(read({ status, json: { data: [] } })).rejects.toMatchObject({ status });
  });

  test.each([
    [{ meta: { status: 400 }, fail }, 400],
    [{ meta: { status: 503 }, fail }, 503],
    [{ meta: { status: 399 }, fail }, 200],
    [{ meta: { status: "503" }, fail }, 200],
    [{ meta: null, fail }, 200],
    [{ meta: [], fail }, 200],
    [{ fail }, 200],
  ])("a failure inside a 200 has the status of its envelope: %j", async (json, status) => {
    await expect(read({ json })).rejects.toMatchObject({ code: "err_x", status });
  });

  test("text that is no JSON names its content type", async () => {
    const error = await read({ text: "x", headers: { "content-type": "text/plain" } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "not_json", status: 200, retryable: true });
    expect((error as Error).message).toBe(
      'Cannot read the answer to POST /api/x on "eu-api.mimecast.com": no JSON (content type "text/plain")',
    );
    await expect(read({ text: "x" })).rejects.toThrow('(content type "none")');
  });

  test("a token of the next page is a text of bounded length, or none", async () => {
    for (const next of ["x".repeat(8_192), undefined, 5, null, ["x".repeat(9_000)]]) {
      const json = { meta: { pagination: { next } } };
      expect((await read({ json })).body).toEqual(JSON.parse(JSON.stringify(json)));
    }
    for (const meta of [[], "text", { pagination: "x".repeat(9_000) }, undefined]) {
      expect(await read({ json: { meta } })).toBeTruthy();
    }
    expect((await read({ json: ["x"] })).body).toEqual(["x"]);
    const next = "x".repeat(8_193);
    await expect(read({ json: { meta: { pagination: { next } } } })).rejects.toMatchObject({
      code: "token_too_long",
      status: 200,
      retryable: true,
      message: expect.stringContaining("at most 8192 characters, has 8193"),
    });
  });
});

describe("isFile()", () => {
  test.each([
    [200, "application/octet-stream", true],
    [200, undefined, true],
    [200, "application/json; charset=utf-8", false],
    [200, "TEXT/HTML", false],
    [404, "application/octet-stream", false],
  ])("%i %s: %s", (status, type, wanted) => {
    const headers = type === undefined ? {} : { "content-type": type };
    expect(isFile(answer({ status, headers }))).toBe(wanted);
  });
});

describe("attempted()", () => {
  const of = (status: number, error: unknown) =>
    attempted(answer({ status, headers: { "retry-after": "7" } }), () => {
      throw error;
    });
  const api = (retryable: boolean) => new ApiError("x", { code: "x", status: 200, retryable });

  test("tells the retry policy what an error comes to", async () => {
    const headers = { "retry-after": "7" };
    const auth = new AuthError("x", { code: "x" });
    expect(await of(200, auth)).toEqual({ error: auth, outcome: { status: 401, headers } });
    expect(await of(503, api(false))).toMatchObject({ outcome: { status: 400, headers } });
    expect(await of(200, api(true))).toMatchObject({ outcome: { status: 503, headers } });
    expect(await of(429, api(true))).toMatchObject({ outcome: { status: 429, headers } });
  });

  test("gives the value, and lets a defect through", async () => {
    expect(await attempted(answer({}), async () => 5)).toEqual({ value: 5 });
    await expect(of(200, new TypeError("defect"))).rejects.toThrow(TypeError);
  });
});
