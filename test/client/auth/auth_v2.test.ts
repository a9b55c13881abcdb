import { describe, expect, test } from "vitest";
import { readToken, tokenRequest } from "../../../plugin/client/auth/auth_v2.ts";
import { AuthError } from "../../../plugin/errors.ts";

const NOW = 1_700_000_000_000;
const KEYS = { api: "2.0", clientId: "client id&", clientSecret: "se=cret+/" } as const;

function read(status: number, body: unknown, headers: Record<string, string> = {}) {
  return readToken({
    method: "POST",
    path: "/oauth/token",
    host: "api.services.mimecast.com",
    api: "2.0",
    status,
    headers,
    body,
    nowMs: NOW,
    redact: (text) => text,
  });
}

function errorOf(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): (Error & { code: string }) | null {
  try {
    read(status, body, headers);
  } catch (error) {
    return error as Error & { code: string };
  }
  return null;
}

function codeOf(status: number, body: unknown): string {
  const error = errorOf(status, body);
  return error === null ? "no error" : `${error.name} ${error.code}`;
}

describe("tokenRequest()", () => {
  test("is a form with the credentials encoded", () => {
    const { method, headers, body } = tokenRequest(KEYS);
    expect(method).toBe("POST");
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      client_id: KEYS.clientId,
      client_secret: KEYS.clientSecret,
      grant_type: "client_credentials",
    });
  });
});

describe("readToken()", () => {
  test("takes the token and renews it a minute early", () => {
    const body = { access_token: "RPjLow4SK", token_type: "Bearer", expires_in: 1799, scope: "" };
    expect(read(200, body)).toEqual({ accessToken: "RPjLow4SK", renewAtMs: NOW + 1_739_000 });
  });

  test.each([
    ["1799", 1_739_000],
    [60, 30_000],
    [undefined, 240_000],
    [0, 240_000],
    [-5, 240_000],
    ["soon", 240_000],
    [315_360_000, 86_340_000],
    ["Infinity", 86_340_000],
    [null, 240_000],
    [1, 500],
  ])("a lifetime of %j renews after %i ms", (expires_in, afterMs) => {
    expect(read(200, { access_token: "t", expires_in }).renewAtMs).toBe(NOW + afterMs);
  });

  test("refused credentials are an AuthError", () => {
    const body = {
      fail: [{ code: "InvalidClientIdentifier", message: "Client credentials are invalid" }],
    };
    expect(codeOf(401, body)).toBe("AuthError InvalidClientIdentifier");
    expect(codeOf(200, body)).toBe("AuthError InvalidClientIdentifier");
    for (const code of ["internal_error", "err_unexpected", "temporarily_unavailable"]) {
      const error = errorOf(200, { fail: [{ code, message: "Something went wrong" }] });
      expect(error).toMatchObject({ name: "ApiError", code, retryable: true });
    }
    expect(codeOf(400, { error: "invalid_client" })).toBe("AuthError invalid_client");
  });

  test("a token that is missing or would break the header is an ApiError", () => {
    for (const access_token of [undefined, "", 5, null, "a b", "a\r\nx: y", "é"]) {
      expect(codeOf(200, { access_token, expires_in: 1799 })).toBe("ApiError no_token");
    }
    expect(codeOf(200, undefined)).toBe("ApiError no_token");
    expect(errorOf(200, {})).toMatchObject({
      retryable: true,
      message:
        'Cannot read the token answer of "api.services.mimecast.com": no usable access_token',
    });
    for (const length of [8_192, 8_193]) {
      const wanted = length === 8_192 ? "no error" : "ApiError no_token";
      expect(codeOf(200, { access_token: "x".repeat(length) })).toBe(wanted);
    }
  });

  test("a page that answers instead may pass", () => {
    const error = errorOf(200, undefined, { "content-type": "text/html; x" });
    expect(error).toMatchObject({ code: "not_mimecast", retryable: true });
    expect(error?.message).toContain(
      'POST /oauth/token on "api.services.mimecast.com" answered 200 (text/html; x)',
    );
  });

  test("what may pass stays an ApiError", () => {
    expect(codeOf(429, { fail: [{ message: "Too Many Requests" }] })).toBe("ApiError rate_limited");
    expect(codeOf(503, undefined)).toBe("ApiError http_503");
    expect(codeOf(403, undefined)).toBe("ApiError not_mimecast");
  });

  test("no message holds the secret", () => {
    try {
      read(401, { fail: [{ code: "x", message: "y" }] });
    } catch (error) {
      expect(error).toBeInstanceOf(AuthError);
      expect((error as Error).message).not.toContain(KEYS.clientSecret);
    }
  });
});
