import { describe, expect, test } from "vitest";
import { answerError, clean } from "../../plugin/client/answer_error.ts";
import { failureOf, failureOfError } from "../../plugin/client/failure.ts";
import { ApiError, AuthError } from "../../plugin/errors.ts";
import { redactText } from "../../plugin/text/redact.ts";

const NOW = Date.UTC(2026, 2, 1, 12);

function errorOf(
  status: number,
  body: unknown,
  more: { headers?: Record<string, string>; api?: "1.0" | "2.0" } = {},
): ApiError | AuthError {
  return answerError({
    method: "POST",
    path: "/api/audit/get-audit-events",
    host: "eu-api.mimecast.com",
    api: more.api ?? "1.0",
    status,
    headers: { "content-type": "application/json", ...more.headers },
    body,
    nowMs: NOW,
    redact: (text) => redactText(text, ["top-secret-value"]),
  });
}

const failed = (code: string, message = "message") => ({
  meta: { status: 200 },
  data: [],
  fail: [{ errors: [{ code, message, retryable: false }] }],
});

describe("failureOf()", () => {
  test("an answer without failures is none", () => {
    for (const body of [
      { meta: { status: 200 }, data: [], fail: [] },
      { value: [], isCaughtUp: true },
      { access_token: "x" },
      { error: "" },
      { error: null },
      [],
      null,
      "text",
      undefined,
    ]) {
      expect(failureOf(body), JSON.stringify(body)).toBeNull();
    }
  });

  test.each([
    [failed("err_x", "m"), "err_x", "m", ""],
    [
      { fail: [{ key: { a: 1 }, errors: [{ code: "err_v", message: "m", field: "f" }] }] },
      "err_v",
      "m",
      "f",
    ],
    [{ fail: [{ code: "token_expired", message: "m" }] }, "token_expired", "m", ""],
    [{ fail: [{ code: "unauthorized" }] }, "unauthorized", "", ""],
    [{ fail: [{ message: "Too Many Requests" }] }, "", "Too Many Requests", ""],
    [{ fail: ["text"] }, "", "text", ""],
    [{ fail: [null] }, "", "", ""],
    [{ fail: [{ code: 5, message: true }] }, "5", "", ""],
    [{ fail: [{ errors: [] }] }, "", "", ""],
    [{ error: { code: "invalid", message: "m" } }, "invalid", "m", ""],
    [{ error: "invalid_client", error_description: "m" }, "invalid_client", "m", ""],
  ])("%j is read", (body, code, message, field) => {
    expect(failureOf(body)).toMatchObject({ code, message, field });
    expect(failureOfError(body)).toMatchObject({ code, message, field });
  });

  test("a bare code or message counts only where the status is an error", () => {
    expect(failureOf({ message: "ok" })).toBeNull();
    expect(failureOfError({ message: "bad" }).message).toBe("bad");
    expect(failureOfError({ errors: [{ code: "e1" }] }).code).toBe("e1");
    expect(failureOfError("<html>")).toMatchObject({ code: "", message: "" });
  });
});

describe("answerError()", () => {
  test("an expired binding says what to do", () => {
    for (const error of [
      errorOf(418, failed("err_xdk_binding_expired", "0018 Binding Expired")),
      errorOf(418, undefined),
      errorOf(200, failed("err_xdk_binding_expired")),
    ]) {
      expect(error).toBeInstanceOf(AuthError);
      expect(error.code).toBe("binding_expired");
      expect(error.hint).toContain('"Never Expires"');
      expect(error.hint).toContain("create new access and secret keys");
    }
  });

  test("keys of a wrong form are refused for good, and the hint names them", () => {
    const error = errorOf(400, failed("err_xdk_invalid_request", "0001 Invalid Request"));
    expect(error).toBeInstanceOf(AuthError);
    expect(error.code).toBe("err_xdk_invalid_request");
    expect(error.hint).toContain("app_id (a GUID");
    expect(errorOf(400, failed("err_validation_null"))).toBeInstanceOf(ApiError);
    expect(errorOf(500, failed("err_xdk_internal"))).toBeInstanceOf(ApiError);
  });

  test("a missing permission names the endpoint", () => {
    const error = errorOf(403, { fail: [{ code: "app_forbidden", message: "Forbidden" }] });
    expect(error).toBeInstanceOf(AuthError);
    expect(error.code).toBe("forbidden");
    expect(error.message).toContain("POST /api/audit/get-audit-events");
  });

  test("an unknown application id and a wrong region are told apart", () => {
    expect(errorOf(200, failed("err_developer_key", "App ID is invalid: X"))).toMatchObject({
      name: "AuthError",
      code: "err_developer_key",
    });
    const region = errorOf(403, failed("err_audit_log_incorrect_region"));
    expect(region).toMatchObject({ name: "AuthError", code: "wrong_region" });
    expect(region.hint).toContain("eu-api.mimecast.com");
  });

  test("refused credentials keep Mimecast's code", () => {
    const signature = failed("err_xdk_invalid_signature", "0004 Invalid Signature");
    expect(errorOf(401, signature)).toMatchObject({
      name: "AuthError",
      code: "err_xdk_invalid_signature",
    });
    expect(errorOf(401, { fail: [{}] }, { api: "2.0" })).toMatchObject({ code: "unauthorized" });
  });

  test("a wrong clock is named as the reason of a refused signature", () => {
    const ahead = errorOf(401, failed("err_xdk_invalid_signature"), {
      headers: { date: "Sun, 01 Mar 2026 11:33:00 GMT" },
    });
    expect(ahead.hint).toBe("This host's clock is 27 minutes ahead of Mimecast's: set it by NTP");
    const right = errorOf(401, failed("err_xdk_invalid_signature"), {
      headers: { date: "Sun, 01 Mar 2026 12:00:10 GMT" },
    });
    expect(right.hint).toContain("access_key");
  });

  test.each([
    ["2.0", "11:33:00", "Check client_id"],
    ["1.0", "12:05:00", "Check access_key"],
    ["1.0", "11:55:00", "Check access_key"],
    ["1.0", "12:27:10", "27 minutes behind Mimecast's"],
    ["2.0", "12:00:00", "Check client_id"],
  ] as const)("the hint of a refused signature of API %s, dated %s, is %j", (api, time, hint) => {
    const headers = { date: `Sun, 01 Mar 2026 ${time} GMT` };
    expect(errorOf(401, failed("err_x"), { api, headers }).hint).toContain(hint);
    expect(errorOf(401, failed("err_x"), { api }).hint).toMatch(/^Check /);
  });

  test.each([
    [403, failed("err_other"), "1.0", "forbidden"],
    [400, failed("app_forbidden"), "1.0", "forbidden"],
    [400, failed("err_xdk_x"), "2.0", "err_xdk_x"],
    [400, undefined, "1.0", "http_400"],
    [399, undefined, "1.0", "not_mimecast"],
    [401, undefined, "1.0", "not_mimecast"],
    [404, undefined, "1.0", "http_404"],
    [499, undefined, "1.0", "http_499"],
    [408, "<html>", "1.0", "http_408"],
    [501, "<html>", "1.0", "http_501"],
  ] as const)("%i %j of API %s is %s", (status, body, api, code) => {
    const headers = { "content-type": body === "<html>" ? "text/html" : "application/json" };
    const error = errorOf(status, body, { api, headers });
    expect(error.code).toBe(code);
    expect(error).toBeInstanceOf(code === "forbidden" ? AuthError : ApiError);
  });

  test("a page of Mimecast's own gateway is that status", () => {
    const headers = { "content-type": "text/html" };
    expect(errorOf(500, undefined, { headers }).code).toBe("http_500");
    expect(errorOf(499, undefined, { headers }).code).toBe("not_mimecast");
  });

  test("the message says where, which status and Mimecast's own words", () => {
    const where = 'POST /api/audit/get-audit-events on "eu-api.mimecast.com"';
    const said = (body: unknown, headers?: Record<string, string>) =>
      errorOf(400, body, headers === undefined ? {} : { headers }).message;
    const start = "Mimecast did not accept the request: ";
    expect(said({ fail: [{ code: "c", message: "m", field: "f" }] })).toBe(
      `${start}${where} answered 400 "c, m, field "f""`,
    );
    expect(said({ fail: [{ message: "m" }] }, { "x-mc-req-id": "r" })).toBe(
      `${start}${where} answered 400 "m" (request id r)`,
    );
    expect(said({})).toBe(`${start}${where} answered 400 (application/json)`);
    expect(said({}, { "content-type": "" })).toBe(
      `${start}${where} answered 400 (no content type)`,
    );
  });

  test("a 429 is never anything but rate_limited", () => {
    for (const body of [undefined, { fail: [{ message: "x" }] }, failed("err_other"), []]) {
      expect(errorOf(429, body)).toMatchObject({
        name: "ApiError",
        code: "rate_limited",
        status: 429,
        retryable: true,
      });
    }
  });

  test("an HTML 403 is a proxy's, not a permission of Mimecast", () => {
    const error = errorOf(403, undefined, { headers: { "content-type": "text/html" } });
    expect(error).toMatchObject({ name: "ApiError", code: "not_mimecast", retryable: false });
  });

  test("other errors keep code, status and whether they may pass", () => {
    expect(errorOf(400, failed("err_validation_null"))).toMatchObject({
      code: "err_validation_null",
      status: 400,
      retryable: false,
    });
    expect(errorOf(502, undefined)).toMatchObject({ code: "http_502", retryable: true });
    const passing = { fail: [{ errors: [{ code: "err_x", message: "", retryable: true }] }] };
    expect(errorOf(200, passing)).toMatchObject({ code: "err_x", retryable: true });
  });

  test("the message is one line of bounded length without secrets", () => {
    const message = `line\nbreak\u2028 \u001b[31m top-secret-value ${"x".repeat(2_000)}`;
    const error = errorOf(400, failed("err_\u0000x\n", message), {
      headers: { "x-request-id": "abc-123\r\nforged" },
    });
    expect(error.message).toMatch(/^[\x20-\x7e…]+$/);
    expect(error.message).not.toContain("top-secret-value");
    expect(error.message).toContain("request id abc-123 forged");
    expect(error.message.length).toBeLessThan(700);
  });
});

describe("clean()", () => {
  test("takes out everything that moves a terminal or a log line", () => {
    expect(clean("a\u0000b\u202ec\u2029d\u200be\t\r\nf", 100)).toBe("a b c d e f");
    expect(clean("abcdef", 3)).toBe("abc…");
    expect(clean("abc", 3)).toBe("abc");
    expect(clean(" \u0000abc\n ", 3)).toBe("abc");
  });
});
