import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { askToken, bearer, getV2, headersV1, postV1, postV2 } from "./fake_client.ts";
import { signatureV1 } from "./fake_mimecast/auth_v1.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";

const ACCOUNT = "/api/account/get-account";
const VECTORS = "../shared/samples/auth_vectors/api1-hmac.json";
const START_MS = Date.UTC(2026, 2, 6, 9, 5, 1);

let nowMs = START_MS;
let fake: Fake;

async function start(options: FakeOptions): Promise<void> {
  nowMs = START_MS;
  fake = await startFake({ now: () => nowMs, ...options });
}

const account = (changes: Readonly<Record<string, string>> = {}) =>
  postV1(fake, ACCOUNT, { data: [] }, nowMs, changes);

afterEach(() => fake?.close());

describe("signatureV1()", () => {
  test("signs date, request id, path and application key", () => {
    const signature = signatureV1({
      date: "Fri, 06 Mar 2026 09:05:01 UTC",
      requestId: "0f9a2c41-6f0e-4d62-9d3c-5b6a7c8d9e0f",
      uri: "/api/audit/get-siem-logs",
      appKey: "example-application-key",
      secretKey: "ZXhhbXBsZSBzZWNyZXQga2V5",
    });
    expect(signature).toBe("PJXOAt4KSwGg/q0nhzjHivmAuPs=");
  });

  test.skipIf(!existsSync(VECTORS))(`agrees with the vectors of ${VECTORS}`, () => {
    const vectors = JSON.parse(readFileSync(VECTORS, "utf8"));
    expect(vectors.length).toBeGreaterThan(1);
    for (const vector of vectors) {
      const signature = signatureV1({
        date: vector["x-mc-date"],
        requestId: vector["x-mc-req-id"],
        uri: vector.uri,
        appKey: vector.appKey,
        secretKey: vector.secretKey_base64,
      });
      expect(`MC ${vector.accessKey}:${signature}`).toBe(vector.Authorization);
    }
  });
});

describe("API 1.0", () => {
  test("answers a signed request, with the rate limit in lower-case headers", async () => {
    await start({ api: "1.0" });
    const answers = [await account(), await account()];
    for (const answer of answers) expect(answer.status).toBe(200);
    const left = answers.map(({ headers }) => headers.get("x-ratelimit-remaining"));
    expect(left).toEqual(["799", "798"]);
    const body = (await answers[0]?.json()) as { data: { accountCode: string }[]; fail: unknown[] };
    expect(body.data[0]?.accountCode).toBe("CEXA00A001");
    expect(body.fail).toEqual([]);
    expect(fake.violations).toEqual([]);
  });

  test("refuses a wrong application id with 200 and a failure", async () => {
    await start({ api: "1.0" });
    const appId = "00000000-0000-4000-8000-000000000000";
    const answer = await account({ "x-mc-app-id": appId });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(
      `{"meta":{"status":200},"data":[],"fail":[{"errors":[{"code":"err_developer_key","message":"App ID is invalid: ${appId}","retryable":false}]}]}`,
    );
  });

  test("refuses a wrong signature, a foreign access key and an old date alike", async () => {
    await start({ api: "1.0" });
    const good = headersV1(fake, ACCOUNT, nowMs).authorization ?? "";
    const wrong = [
      { authorization: `MC ${fake.credentials.accessKey}:${"A".repeat(27)}=` },
      { authorization: good.replace(fake.credentials.accessKey, "someoneelse") },
      { "x-mc-date": new Date(nowMs - 16 * 60_000).toUTCString().replace("GMT", "UTC") },
    ];
    for (const changes of wrong) {
      const answer = await account(changes);
      expect(answer.status).toBe(401);
      expect(await answer.text()).toBe(
        '{"meta":{"status":401},"data":[],"fail":[{"errors":[{"code":"err_xdk_invalid_signature","message":"0004 Invalid Signature","retryable":false}]}]}',
      );
    }
    expect(fake.violations).toEqual([]);
  });

  test("has the body of its own for a SIEM request that is refused", async () => {
    await start({ api: "1.0", switches: { auth: "signature" } });
    const body = { data: [{ type: "MTA" }] };
    const answer = await postV1(fake, "/api/audit/get-siem-logs", body, nowMs);
    expect(await answer.json()).toMatchObject({ meta: { isLastToken: false, status: 401 } });
  });

  test("answers 418 once the binding has expired", async () => {
    await start({ api: "1.0" });
    fake.set({ auth: "expired" });
    const answer = await account();
    expect(answer.status).toBe(418);
    expect(await answer.text()).toContain("err_xdk_binding_expired");
  });

  test.each([
    ["x-mc-date", "Fri, 6 Mar 2026 09:05:01 UTC"],
    ["x-mc-date", "Fri, 06 Mar 2026 09:05:01 GMT"],
    ["x-mc-date", "Thu, 06 Mar 2026 09:05:01 UTC"],
    ["x-mc-req-id", "12345"],
    ["x-mc-app-id", "app"],
    ["authorization", "MC key"],
  ])("notes a malformed %s: %s", async (name, value) => {
    await start({ api: "1.0" });
    expect((await account({ [name]: value })).status).toBe(400);
    expect(fake.violations).toMatchObject([{ path: ACCOUNT, rule: "auth_headers" }]);
  });

  test("notes a request id that was used before", async () => {
    await start({ api: "1.0" });
    const id = { "x-mc-req-id": "0F9A2C41-6F0E-4D62-9D3C-5B6A7C8D9E0F" };
    expect((await account(id)).status).toBe(200);
    expect((await account({ "x-mc-req-id": id["x-mc-req-id"].toLowerCase() })).status).toBe(400);
    expect(fake.violations).toHaveLength(1);
  });
});

describe("API 2.0", () => {
  test("gives a token for 1799 seconds of its own clock", async () => {
    await start({});
    const answer = await askToken(fake);
    const token = (await answer.json()) as Record<string, unknown>;
    expect(token).toMatchObject({ token_type: "Bearer", expires_in: 1799, scope: "" });
    expect(token.access_token).toMatch(/^[A-Za-z0-9]{28}$/);
    const headers = {
      authorization: `Bearer ${token.access_token}`,
      "content-type": "application/json",
    };
    const ask = () => fetch(fake.url + ACCOUNT, { method: "POST", headers, body: '{"data":[]}' });
    nowMs += 1_798_000;
    expect((await ask()).status).toBe(200);
    nowMs += 1_000;
    const late = await ask();
    expect(late.status).toBe(401);
    expect(await late.json()).toEqual({
      fail: [{ code: "token_expired", message: "Unauthorized Request" }],
    });
    expect(fake.violations).toEqual([]);
  });

  test("refuses wrong client credentials", async () => {
    await start({});
    const answer = await askToken(fake, { client_secret: "wrong" });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      fail: [{ code: "InvalidClientIdentifier", message: "Client credentials are invalid" }],
    });
  });

  test("notes a token request with other fields", async () => {
    await start({});
    expect((await askToken(fake, { scope: "all" })).status).toBe(400);
    expect(fake.violations).toMatchObject([{ rule: "token_request" }]);
  });

  test("ends tokens early when told to", async () => {
    await start({});
    const headers = { ...(await bearer(fake)), "content-type": "application/json" };
    fake.expireTokens();
    const answer = await fetch(fake.url + ACCOUNT, {
      method: "POST",
      headers,
      body: '{"data":[]}',
    });
    expect(await answer.json()).toMatchObject({ fail: [{ code: "token_expired" }] });
  });

  test("answers 403 app_forbidden where a permission has been taken away", async () => {
    await start({ switches: { forbidden: [ACCOUNT] } });
    const answer = await postV2(fake, ACCOUNT, { data: [] });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ fail: [{ code: "app_forbidden" }] });
    fake.set({ forbidden: [] });
    expect((await postV2(fake, ACCOUNT, { data: [] })).status).toBe(200);
  });

  test("notes headers of API 1.0, a missing token and a path of the other generation", async () => {
    await start({});
    const body = { method: "POST", body: '{"data":[]}' };
    const json = { "content-type": "application/json" };
    await fetch(fake.url + ACCOUNT, { ...body, headers: { ...json, "x-mc-app-id": "x" } });
    await fetch(fake.url + ACCOUNT, { ...body, headers: json });
    const other = await postV2(fake, "/api/audit/get-siem-logs", { data: [] });
    expect(other.status).toBe(404);
    expect(fake.violations.map(({ rule }) => rule)).toEqual([
      "auth_headers",
      "auth_headers",
      "path",
    ]);
  });

  test("enforces a rate limit and says in ms when it ends", async () => {
    await start({ switches: { rateLimit: { limit: 3, windowMs: 900_000 } } });
    const query = { type: "spam" };
    expect((await getV2(fake, "/siem/v1/batch/events/cg", query)).status).toBe(200);
    nowMs += 1_000;
    const over = await getV2(fake, "/siem/v1/batch/events/cg", query);
    expect(over.status).toBe(429);
    expect(over.headers.get("x-ratelimit-reset")).toBe("899000");
    nowMs += 899_000;
    expect((await getV2(fake, "/siem/v1/batch/events/cg", query)).status).toBe(200);
  });
});
