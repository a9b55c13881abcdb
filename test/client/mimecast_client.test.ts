import { describe, expect, test } from "vitest";
import { tokenFile } from "../../plugin/client/auth/token_source.ts";
import { memoryBudget } from "../../plugin/client/budget/shared_budget.ts";
import type { ClientAccount, Credentials } from "../../plugin/client/client.ts";
import { type ClientOptions, createClient } from "../../plugin/client/mimecast_client.ts";
import { RETRY_POLICY } from "../../plugin/client/retry.ts";
import { BudgetError, ConfigError, LinkExpiredError, NetworkError } from "../../plugin/errors.ts";
import { answer, collect, createFakeEffects, type FakeOptions } from "../support/fake_effects.ts";

const V1: Credentials = {
  api: "1.0",
  appId: "00000000-0000-4000-8000-000000000001",
  appKey: "application-key-value",
  accessKey: "access-key-value",
  secretKey: "c2VjcmV0LWtleS12YWx1ZQ==",
};
const V2: Credentials = { api: "2.0", clientId: "client", clientSecret: "client-secret-value" };
const EU: ClientAccount = {
  name: "acme",
  baseUrl: "https://eu-api.mimecast.com",
  downloadHosts: ["*.amazonaws.com"],
};
const GLOBAL: ClientAccount = { ...EU, baseUrl: "https://api.services.mimecast.com" };
const AUDIT = { method: "POST", path: "/api/audit/get-audit-events", body: { data: [] } } as const;
const BATCH = {
  method: "GET",
  path: "/siem/v1/batch/events/cg",
  query: { type: "internal email protect", nextPage: "a+b/c==" },
} as const;
const LINK =
  "https://s3.eu-west-1.amazonaws.com/logs/receipt.json.gz?X-Amz-Signature=0123456789abcdef";

const success = (more = {}) =>
  answer({ json: { meta: { status: 200 }, data: [], fail: [] }, ...more });
const token = (name = "bearer-token-one", expires_in = 1799) =>
  answer({ json: { access_token: name, token_type: "Bearer", expires_in, scope: "" } });
const limited = (headers: Record<string, string> = {}) =>
  answer({ status: 429, json: { fail: [{ message: "Too Many Requests" }] }, headers });
const unauthorized = () =>
  answer({ status: 401, json: { fail: [{ code: "token_expired", message: "expired" }] } });

function v1(fetch: NonNullable<FakeOptions["fetch"]>, options: ClientOptions = {}) {
  const effects = createFakeEffects({ fetch });
  return { effects, client: createClient(EU, V1, effects, options) };
}

function v2(fetch: NonNullable<FakeOptions["fetch"]>, more: ClientOptions | string = {}) {
  const effects = createFakeEffects({ fetch });
  const options = typeof more === "string" ? { token: tokenFile(effects.files, more) } : more;
  return { effects, client: createClient(GLOBAL, V2, effects, options) };
}

async function errorOf(
  promise: Promise<unknown>,
): Promise<Error & { code: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error("It did not fail");
}

describe("json() of API 1.0", () => {
  test("signs, and sends JSON by POST", async () => {
    const { effects, client } = v1([success({ headers: { "x-mc-req-id": "r" } })]);
    const { body, text, headers } = await client.json(AUDIT);
    expect(body).toEqual({ meta: { status: 200 }, data: [], fail: [] });
    expect(JSON.parse(text)).toEqual(body);
    expect(headers["x-mc-req-id"]).toBe("r");
    const [request] = effects.requests;
    expect(request?.url).toBe("https://eu-api.mimecast.com/api/audit/get-audit-events");
    expect(request?.body).toBe('{"data":[]}');
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "x-mc-app-id": V1.appId,
      authorization: expect.stringMatching(/^MC access-key-value:[A-Za-z0-9+/]{27}=$/),
    });
  });

  test("every repetition has a new id, date and signature", async () => {
    const { effects, client } = v1([limited(), limited(), success()]);
    await client.json(AUDIT);
    for (const header of ["x-mc-req-id", "x-mc-date", "authorization"]) {
      expect(new Set(effects.requests.map(({ headers }) => headers[header])).size).toBe(3);
    }
  });

  test("a failure inside a 200 is an error, and is not repeated", async () => {
    const fail = [{ errors: [{ code: "err_validation_null", message: "m", retryable: false }] }];
    const { effects, client } = v1([answer({ json: { meta: { status: 200 }, data: [{}], fail } })]);
    expect((await errorOf(client.json(AUDIT))).code).toBe("err_validation_null");
    expect(effects.requests).toHaveLength(1);
  });

  test("a failure inside a 200 that Mimecast calls retryable is repeated", async () => {
    const fail = [{ errors: [{ code: "err_busy", message: "m", retryable: true }] }];
    const { client } = v1([answer({ json: { meta: { status: 200 }, data: [], fail } }), success()]);
    expect((await client.json(AUDIT)).body).toMatchObject({ fail: [] });
  });

  test("a 401 inside a 200 is an AuthError", async () => {
    const fail = [{ errors: [{ code: "err_xdk_invalid_signature", message: "0004" }] }];
    const { client } = v1([answer({ json: { meta: { status: 401 }, fail } })]);
    expect(await errorOf(client.json(AUDIT))).toMatchObject({ name: "AuthError" });
  });

  test.each([-7, 7])("a clock %i hours off is cured by the refusal's Date, once", async (hours) => {
    let date = "";
    const dated = (values: Parameters<typeof answer>[0]) => () =>
      answer({ ...values, headers: { date } });
    const { effects, client } = v1([
      dated({ status: 401, json: { fail: [{ code: "err_xdk_invalid_signature" }] } }),
      success(),
      success(),
    ]);
    const mimecastMs = effects.now() + hours * 3_600_000;
    date = new Date(mimecastMs).toUTCString();
    await client.json(AUDIT);
    await client.json(AUDIT);
    const [first, ...rest] = effects.requests.map(({ headers }) =>
      Math.abs(Date.parse(headers["x-mc-date"] ?? "") - mimecastMs),
    );
    expect(first).toBeGreaterThan(3_600_000);
    expect(rest).toHaveLength(2);
    for (const offMs of rest) expect(offMs).toBeLessThan(60_000);
  });

  test("a refusal that is not the clock's is asked once more with the right time at most", async () => {
    const { effects, client } = v1(() =>
      answer({
        status: 401,
        headers: { date: "Thu, 01 Jan 1998 00:00:00 GMT" },
        json: { fail: [{ code: "err_xdk_invalid_signature" }] },
      }),
    );
    expect(await errorOf(client.json(AUDIT))).toMatchObject({
      name: "AuthError",
      hint: expect.stringContaining("Check access_key"),
    });
    expect(effects.requests).toHaveLength(2);
  });

  test("refused credentials are asked once", async () => {
    const { effects, client } = v1([unauthorized()]);
    expect(await errorOf(client.json(AUDIT))).toMatchObject({ name: "AuthError" });
    expect(effects.requests).toHaveLength(1);
  });
});

describe("json() of API 2.0", () => {
  test("gets a token first and uses it for all calls", async () => {
    const { effects, client } = v2([token(), success(), success()]);
    await client.json(BATCH);
    await client.json(AUDIT);
    const [first, second, third] = effects.requests;
    expect(first?.url).toBe("https://api.services.mimecast.com/oauth/token");
    expect(second?.headers.authorization).toBe("Bearer bearer-token-one");
    expect(third?.headers.authorization).toBe("Bearer bearer-token-one");
    expect(second?.headers).not.toHaveProperty("content-type");
    expect(new URL(second?.url ?? "").searchParams.get("nextPage")).toBe("a+b/c==");
    expect(second?.body).toBeUndefined();
  });

  test("a 401 costs one fresh token, once", async () => {
    const { effects, client } = v2([token(), unauthorized(), token("bearer-token-two"), success()]);
    await client.json(AUDIT);
    expect(effects.requests.at(-1)?.headers.authorization).toBe("Bearer bearer-token-two");

    const again = v2([token(), unauthorized(), token("bearer-token-two"), unauthorized()]);
    expect(await errorOf(again.client.json(AUDIT))).toMatchObject({ name: "AuthError" });
    expect(again.effects.requests).toHaveLength(4);
  });

  test("the token request is repeated as any other", async () => {
    const { effects, client } = v2([answer({ status: 503 }), limited(), token(), success()]);
    await client.json(AUDIT);
    expect(effects.sleeps).toHaveLength(2);
  });

  test("the token is kept for the next process", async () => {
    const { effects, client } = v2([token(), success(), success()], "/state/acme");
    await client.json(AUDIT);
    const later = createClient(GLOBAL, V2, effects, {
      token: tokenFile(effects.files, "/state/acme"),
    });
    await later.json(AUDIT);
    expect(effects.requests).toHaveLength(3);
    expect(effects.disk.has("/state/acme/token.jwe")).toBe(true);
  });
});

describe("waiting", () => {
  test("a 429 waits as long as the reset says, in milliseconds", async () => {
    const { effects, client } = v1([limited({ "x-ratelimit-reset": "4321" }), success()]);
    await client.json(AUDIT);
    expect(effects.sleeps).toEqual([4321]);
  });

  test("a 429 pauses the other calls of the credential too, without asking", async () => {
    const { effects, client } = v1([limited({ "x-ratelimit-reset": "600000" }), success()]);
    expect((await errorOf(client.json(AUDIT))).code).toBe("rate_limited");
    const error = await errorOf(client.json({ ...AUDIT, path: "/api/ttp/url/get-logs" }));
    expect(error).toMatchObject({ code: "rate_limited", retryable: true });
    expect(effects.requests).toHaveLength(1);
    effects.advance(600_000);
    await client.json(AUDIT);
    expect(effects.requests).toHaveLength(2);
  });

  test("a used-up quota waits before the next call", async () => {
    const last = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000" };
    const { effects, client } = v1([success({ headers: last }), success()]);
    await client.json(AUDIT);
    expect(effects.sleeps).toEqual([]);
    await client.json(AUDIT);
    expect(effects.sleeps).toEqual([5000]);
  });

  test("a call waits up to a minute for its credential's turn, longer is an error at once", async () => {
    const limits = { batch: { calls: 1, perMs: 45_000 }, other: { calls: 1, perMs: 90_000 } };
    const clock = { now: () => 0 };
    const budget = memoryBudget(() => clock.now(), limits);
    const { effects, client } = v2([token(), success(), success(), success()], { budget });
    clock.now = effects.now;
    await client.json(BATCH);
    await client.json(BATCH);
    expect(effects.sleeps).toEqual([45_000]);
    await client.json(AUDIT);
    const error = await errorOf(client.json(AUDIT));
    expect(error).toBeInstanceOf(BudgetError);
    expect(error).toMatchObject({ code: "rate_limited", untilMs: effects.now() + 90_000 });
    expect(effects.requests).toHaveLength(4);
  });

  test("the repetition with a fresh token is a call of the budget too", async () => {
    const effects = createFakeEffects({
      fetch: [token(), unauthorized(), token("bearer-token-two"), success()],
    });
    const budget = memoryBudget(effects.now, { batch: { calls: 1, perMs: 1_000_000 } });
    const client = createClient(GLOBAL, V2, effects, { budget });
    expect(await errorOf(client.json(BATCH))).toBeInstanceOf(BudgetError);
    expect(effects.requests.map(({ url }) => new URL(url).pathname)).toEqual([
      "/oauth/token",
      BATCH.path,
    ]);
  });

  test("ends after the last attempt with the last error", async () => {
    const { effects, client } = v1(() => answer({ status: 502, text: "<html>" }));
    expect((await errorOf(client.json(AUDIT))).code).toBe("http_502");
    expect(effects.requests).toHaveLength(RETRY_POLICY.maxAttempts);
  });

  test("a signal ends the waiting", async () => {
    const stop = new AbortController();
    const effects = createFakeEffects({
      fetch: () => {
        stop.abort(new Error("stopped"));
        return limited();
      },
    });
    const client = createClient(EU, V1, effects, { signal: stop.signal });
    expect((await errorOf(client.json(AUDIT))).message).toBe("stopped");
    expect(effects.requests).toHaveLength(1);
  });

  test("no answer is tried again, a broken body too", async () => {
    const reset = new NetworkError("x", { code: "reset" });
    const broken = answer({
      headers: { "content-type": "application/json" },
      chunks: [Buffer.from('{"me'), reset],
    });
    const { effects, client } = v1([new NetworkError("x", { code: "dns" }), broken, success()]);
    await client.json(AUDIT);
    expect(effects.requests).toHaveLength(3);
  });
});

describe("reading", () => {
  test("text that is no JSON is an error, tried again", async () => {
    const { client } = v1([answer({ text: "This is not JSON" }), success()]);
    expect((await client.json(AUDIT)).body).toMatchObject({ fail: [] });
    const html = v1(() => answer({ text: "<html>", headers: { "content-type": "text/html" } }));
    for (const asked of [html.client.json(AUDIT), html.client.file(AUDIT)]) {
      const error = await errorOf(asked);
      expect(error).toMatchObject({ code: "not_mimecast", retryable: true });
      expect(error.message).toContain("answered 200 (text/html)");
      expect(error.hint).toContain("gateway");
    }
  });

  test("a page is none of Mimecast's answers, whatever its status and content type say", async () => {
    for (const [status, type] of [
      [200, "application/json"],
      [400, "text/html; charset=utf-8"],
      [404, "TEXT/HTML"],
      [451, "text/html"],
    ] as const) {
      const headers = { "content-type": type };
      const { client } = v1(() => answer({ status, text: "\n<!doctype html>blocked", headers }));
      expect(await errorOf(client.json(AUDIT)), type).toMatchObject({ code: "not_mimecast" });
    }
    const login = v2(() => answer({ text: "<html>", headers: { "content-type": "text/html" } }));
    expect(await errorOf(login.client.json(BATCH))).toMatchObject({ code: "not_mimecast" });
    const own = v1(() =>
      answer({ status: 502, text: "<html>", headers: { "content-type": "text/html" } }),
    );
    expect(await errorOf(own.client.json(AUDIT))).toMatchObject({ code: "http_502" });
  });

  test("what is nested too deeply, or has too many values, is not parsed", async () => {
    for (const text of [
      `{"data":${"[".repeat(200)}${"]".repeat(200)}}`,
      "[".repeat(100_000),
      `[${"{},".repeat(1_600_000)}{}]`,
    ]) {
      const { client } = v1([answer({ text })]);
      expect(await errorOf(client.json(AUDIT))).toMatchObject({ code: "answer_too_large" });
    }
    const strings = JSON.stringify({ data: [`${"[{,".repeat(1_000_000)}"\\`], fail: [] });
    const { client } = v1([answer({ text: strings })]);
    expect((await client.json(AUDIT)).text).toBe(strings);
  });

  test("a page token that is none is refused", async () => {
    const page = (next: string) =>
      answer({ json: { meta: { status: 200, pagination: { next } }, data: [], fail: [] } });
    const { client } = v1((): ReturnType<typeof page> => page("x".repeat(10_000_000)));
    expect(await errorOf(client.json(AUDIT))).toMatchObject({ code: "token_too_long" });
    expect((await v1([page("x".repeat(8_192))]).client.json(AUDIT)).body).toBeTruthy();
    const login = v2(() => token("x".repeat(10_000)));
    expect(await errorOf(login.client.json(BATCH))).toMatchObject({ code: "no_token" });
  });

  test("no part of an answer brings a secret or a token into an error or a log line", async () => {
    const secrets = [V2.clientSecret, "bearer-token-one"];
    const echo = secrets.join("|");
    const headers = { "content-type": echo, "x-request-id": echo, "x-ratelimit-remaining": echo };
    const answers = [
      answer({ status: 400, text: echo, headers }),
      answer({
        status: 400,
        json: { fail: [{ code: echo, message: echo, field: echo }] },
        headers,
      }),
      answer({ status: 200, text: echo, headers }),
      answer({ status: 403, text: echo, headers }),
    ];
    for (const each of answers) {
      const { effects, client } = v2((request) =>
        request.url.endsWith("/oauth/token") ? token() : each,
      );
      const asked = [
        () => client.json(BATCH),
        () => client.file(BATCH),
        () => client.download(LINK),
      ];
      for (const ask of asked) {
        const error = await errorOf(ask().then(() => Promise.reject(new Error("none"))));
        const said = JSON.stringify([error.message, error.code, error.hint, effects.logs]);
        for (const secret of secrets) expect(said).not.toContain(secret);
      }
    }
  });

  test("a redirect is an error", async () => {
    const { client } = v1([answer({ status: 302, headers: { location: "https://example.com/" } })]);
    expect((await errorOf(client.json(AUDIT))).code).toBe("not_mimecast");
  });

  test("an answer beyond the limit is an error, and its rest is not read", async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pieces += 1;
        yield new Uint8Array(1_000);
      }
    }
    const { client } = v1([{ status: 200, headers: {}, body: endless() }], { maxJsonBytes: 5_000 });
    expect((await errorOf(client.json(AUDIT))).code).toBe("answer_too_large");
    expect(pieces).toBe(6);
  });
});

describe("file()", () => {
  test("hands over a stream, and reads JSON as json() does", async () => {
    const zip = answer({
      bytes: Buffer.from("PK"),
      headers: { "content-type": "application/octet-stream", "mc-siem-token": "t" },
    });
    const last = answer({ json: { meta: { isLastToken: true, status: 200 }, data: [], fail: [] } });
    const fail = [{ errors: [{ code: "err_audit_siem_invalid_token", message: "m" }] }];
    const { client } = v1([zip, last, answer({ status: 400, json: { meta: {}, fail } })]);
    const first = await client.file(AUDIT);
    expect(first.headers["mc-siem-token"]).toBe("t");
    expect("body" in first && String(await collect(first.body))).toBe("PK");
    expect((await client.file(AUDIT)).json).toMatchObject({ meta: { isLastToken: true } });
    expect((await errorOf(client.file(AUDIT))).code).toBe("err_audit_siem_invalid_token");
  });
});

describe("download()", () => {
  test("sends neither token nor signature", async () => {
    for (const { effects, client } of [
      v2([answer({ bytes: Buffer.from("gz") })]),
      v1([answer({ bytes: Buffer.from("gz") })]),
    ]) {
      expect(String(await collect(await client.download(LINK)))).toBe("gz");
      expect(Object.keys(effects.requests[0]?.headers ?? {})).toEqual(["user-agent"]);
      expect(effects.requests[0]?.url).toBe(LINK);
    }
  });

  test.each([
    [403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"],
    [404, "<Error><Code>NoSuchKey</Code></Error>"],
    [410, '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>Gone</Code></Error>'],
    [400, "<Error><Code>ExpiredToken</Code></Error>"],
  ])("%i %s is a LinkExpiredError, asked once", async (status, text) => {
    const { effects, client } = v2([answer({ status, text })]);
    const error = await errorOf(client.download(LINK));
    expect(error).toBeInstanceOf(LinkExpiredError);
    expect(error.message).toContain("s3.eu-west-1.amazonaws.com/logs/receipt.json.gz");
    expect(error.message).not.toContain("0123456789abcdef");
    expect(effects.requests).toHaveLength(1);
  });

  test("what may pass is tried again, what may not is not", async () => {
    const slow = answer({ status: 503, text: "<Error><Code>SlowDown</Code></Error>" });
    const { client } = v2([slow, answer({ bytes: Buffer.from("x") })]);
    expect(String(await collect(await client.download(LINK)))).toBe("x");
    const moved = v2([answer({ status: 301, headers: { location: "https://example.com/" } })]);
    expect(await errorOf(moved.client.download(LINK))).toMatchObject({ code: "not_mimecast" });
  });

  test.each([
    [403, "<html>Access denied by policy</html>", "text/html"],
    [403, "<html><pre><Error><Code>AccessDenied</Code></Error></pre></html>", "text/html"],
    [403, "<html><Error><Code>AccessDenied</Code></Error></html>", "application/xml"],
    [404, "", "text/plain"],
    [400, "<Error><Code>ExpiredToken</Code></Error>", "text/html"],
  ])(
    "%i %s of something else is no expired link, and costs no file",
    async (status, text, type) => {
      const { client } = v2([answer({ status, text, headers: { "content-type": type } })]);
      const error = await errorOf(client.download(LINK));
      expect(error).not.toBeInstanceOf(LinkExpiredError);
      expect(error.code).toBe("not_mimecast");
      expect(error.hint).toContain("s3.eu-west-1.amazonaws.com");
    },
  );

  test("a body without an end is cut off", async () => {
    const piece = new Uint8Array(64 * 1024 ** 2);
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pieces++;
        yield piece;
      }
    }
    const { client } = v2([{ status: 200, headers: {}, body: endless() }]);
    const reading = async () => {
      for await (const _piece of await client.download(LINK));
    };
    expect(await errorOf(reading())).toMatchObject({ code: "too_large" });
    expect(pieces).toBeLessThan(20);
  });

  test("a link to another host is not asked", async () => {
    const { effects, client } = v2([]);
    const error = await errorOf(client.download("https://192.0.2.1/x?sig=0123456789abcdef"));
    expect(error.code).toBe("download_host");
    expect(error.message).not.toContain("0123456789abcdef");
    expect(effects.requests).toHaveLength(0);
  });
});

describe("createClient()", () => {
  test.each([
    "http://eu-api.mimecast.com",
    "ftp://127.0.0.1",
    "ftp://eu-api.mimecast.com",
    "eu-api.mimecast.com",
    "",
  ])("refuses base_url %j", (baseUrl) => {
    const account = { ...EU, baseUrl };
    expect(() => createClient(account, V1, createFakeEffects())).toThrow(ConfigError);
  });

  test("bounds each exchange, names itself, and hands its signal on", async () => {
    const { signal } = new AbortController();
    const fetch = () => [token(), success(), answer({ text: "PK" }), answer({ text: "gz" })];
    const { effects, client } = v2(fetch(), { timeoutMs: 1_000, signal, userAgent: "mine/1" });
    await client.json(BATCH);
    await client.file(BATCH);
    await client.download(LINK);
    expect(effects.requests.map(({ timeoutMs, totalMs }) => [timeoutMs, totalMs])).toEqual([
      [1_000, 1_000],
      [1_000, 5_000],
      [1_000, undefined],
      [1_000, undefined],
    ]);
    for (const request of effects.requests) {
      expect(request.signal).toBe(signal);
      expect(request.headers["user-agent"]).toBe("mine/1");
    }
    const plain = v2(fetch());
    await plain.client.json(BATCH);
    expect(plain.effects.requests[1]).toMatchObject({
      timeoutMs: 60_000,
      totalMs: 300_000,
      headers: { "user-agent": "mimecast-input" },
    });
    expect(plain.effects.requests[0]).not.toHaveProperty("signal");
  });

  test("tells its clock of every answer, the token's too", async () => {
    const dates: (string | undefined)[] = [];
    const clock = {
      answered: ({ date }: Readonly<Record<string, string>>) => {
        dates.push(date);
      },
      now: () => 0,
    };
    const dated = (json: unknown, date: string) => answer({ json, headers: { date } });
    const access = { access_token: "t", expires_in: 60 };
    const { client } = v2([dated(access, "one"), dated({ data: [] }, "two")], { clock });
    await client.json(BATCH);
    expect(dates).toEqual(["one", "two"]);
  });

  test("of a token answer some kilobytes are read, of an error its beginning", async () => {
    const text = JSON.stringify({ access_token: "t", more: "x".repeat(70_000) });
    expect(await errorOf(v2([answer({ text })]).client.json(BATCH))).toMatchObject({
      code: "answer_too_large",
    });
    const { effects, client } = v2([answer({ status: 503, text }), token(), success()]);
    await client.json(BATCH);
    expect(effects.requests).toHaveLength(3);
  });

  test("no message holds what is secret besides the keys", async () => {
    const echo = () => answer({ status: 400, json: { fail: [{ message: "proxy-password!" }] } });
    const { client } = v1([echo()], { secrets: ["proxy-password!"] });
    expect((await errorOf(client.json(AUDIT))).message).not.toContain("proxy-password!");
  });

  test.each(["http://127.0.0.1:1", "http://localhost", "https://192.0.2.1"])(
    "takes base_url %s",
    (baseUrl) => {
      expect(() => createClient({ ...EU, baseUrl }, V1, createFakeEffects())).not.toThrow();
    },
  );

  test("keeps a path of base_url in front, and signs the path without it", async () => {
    const effects = createFakeEffects({ fetch: [success()] });
    const account = { ...EU, baseUrl: "https://gateway.example.com/mimecast/" };
    await createClient(account, V1, effects).json(AUDIT);
    expect(effects.requests[0]?.url).toBe(
      "https://gateway.example.com/mimecast/api/audit/get-audit-events",
    );
  });

  test("no log line and no error holds a secret or a query", async () => {
    const echo = (status: number) =>
      answer({
        status,
        json: {
          fail: [{ code: "x", message: `${V2.api} client-secret-value bearer-token-one` }],
        },
      });
    const { effects, client } = v2([token(), limited(), success(), echo(400)], "/state/acme");
    await client.json(BATCH);
    const error = await errorOf(client.json(BATCH));
    const shown = JSON.stringify([effects.logs, error.message, error.hint]);
    expect(effects.logs.length).toBeGreaterThan(3);
    for (const secret of ["client-secret-value", "bearer-token-one", "a+b/c", "nextPage"]) {
      expect(shown).not.toContain(secret);
    }
  });
});
