import { afterEach, describe, expect, test } from "vitest";
import { askToken, getV2, postV1, postV2 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { type FaultKind, matches, nextFault } from "./fake_mimecast/faults.ts";

const NOW_MS = Date.UTC(2026, 2, 6, 12);
const ACCOUNT = "/api/account/get-account";
const AUDIT = "/api/audit/get-audit-events";
const BATCH = "/siem/v1/batch/events/cg";

let fake: Fake;
async function start(options: FakeOptions): Promise<void> {
  fake = await startFake({ now: () => NOW_MS, ...options });
}
afterEach(() => fake?.close());

const accountV1 = () => postV1(fake, ACCOUNT, { data: [] }, NOW_MS);
const accountV2 = () => postV2(fake, ACCOUNT, { data: [] });

describe("nextFault()", () => {
  test("strikes at the nth matching request, as often as it says", () => {
    const faults = [{ path: "/a", fault: "hang", nth: 2, times: 2 } as const];
    const counts = new WeakMap();
    const struck = ["/a", "/b", "/a", "/a", "/a"].map((path) => nextFault(faults, counts, path));
    expect(struck.map((fault) => fault?.fault ?? null)).toEqual([null, null, "hang", "hang", null]);
  });

  test("strikes without end where times is 0, the first that is due before the others", () => {
    const faults = [
      { path: "/a", fault: "reset", times: 0 },
      { path: "*", fault: "hang" },
    ] as const;
    const counts = new WeakMap();
    const struck = ["/a", "/a", "/b", "/b"].map((path) => nextFault(faults, counts, path)?.fault);
    expect(struck).toEqual(["reset", "reset", "hang", undefined]);
  });

  test.each([
    ["/a/b", "/a/b?x=1", true],
    ["/a", "/a/b", false],
    ["/a*", "/a/b", true],
    ["*type=url protect*", "/a?type=url+protect&pageSize=1", true],
    ["*type=receipt", "/a?type=receipt&pageSize=1", false],
    ["/a.b", "/axb", false],
  ])("pattern %s fits %s: %s", (pattern, target, fits) => {
    expect(matches(pattern, target)).toBe(fits);
  });
});

describe("another answer", () => {
  test.each<[FaultKind, number, string]>([
    ["app_id", 200, "err_developer_key"],
    ["signature", 401, "err_xdk_invalid_signature"],
    ["binding_expired", 418, "err_xdk_binding_expired"],
    ["incorrect_region", 403, "err_audit_log_incorrect_region"],
    ["forbidden", 403, '"data":[]'],
    ["fail_on_200", 200, '"fail":[{"errors":'],
    ["server_error", 500, "err_unexpected"],
    ["html_502", 502, "<h1>Bad Gateway</h1>"],
    ["not_json", 200, "This is not JSON"],
    ["rate_limited", 429, '"status":429'],
  ])("%s under API 1.0 is a %i", async (fault, status, text) => {
    await start({ api: "1.0" });
    fake.faults.push({ path: ACCOUNT, fault });
    const answer = await accountV1();
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(text);
    expect(answer.headers.get("x-ratelimit-limit")).toBe("800");
    expect((await accountV1()).status).toBe(200);
    expect(fake.violations).toEqual([]);
  });

  test.each<[FaultKind, number, string]>([
    ["token_expired", 401, "token_expired"],
    ["unauthorized", 401, '{"fail":[{"code":"unauthorized"}]}'],
    ["forbidden", 403, "app_forbidden"],
    ["fail_on_200", 200, '"fail":[{"errors":'],
    ["server_error", 500, "internal_error"],
    ["rate_limited", 429, "Too Many Requests"],
    ["empty_body", 200, ""],
  ])("%s under API 2.0 is a %i", async (fault, status, text) => {
    await start({});
    fake.faults.push({ path: ACCOUNT, fault });
    const answer = await accountV2();
    expect(answer.status).toBe(status);
    const body = await answer.text();
    if (text === "") expect(body).toBe("");
    else expect(body).toContain(text);
    expect((await accountV2()).status).toBe(200);
  });

  test.each([null, "0", "not an integer value", "99999999999"])(
    "X-RateLimit-Reset is %s",
    async (reset) => {
      await start({});
      fake.faults.push({ path: "/oauth/token", fault: "rate_limited", reset });
      const answer = await askToken(fake);
      expect(answer.status).toBe(429);
      expect(answer.headers.get("x-ratelimit-reset")).toBe(reset);
      expect((await askToken(fake)).headers.get("x-ratelimit-limit")).toBeNull();
    },
  );

  test("a server error has the status and the Retry-After that it is given", async () => {
    await start({});
    fake.faults.push({ path: BATCH, fault: "server_error", status: 503, retryAfter: "7" });
    const answer = await getV2(fake, BATCH, { type: "spam" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "7"]);
    expect(await answer.json()).toMatchObject({ error: { code: "internal_error" } });
  });

  test("a request of the wrong form is noted all the same", async () => {
    await start({});
    fake.faults.push({ path: ACCOUNT, fault: "html_502" });
    expect((await postV2(fake, ACCOUNT, { data: [1] })).status).toBe(502);
    expect((await postV2(fake, ACCOUNT, { data: [1] })).status).toBe(400);
    expect(fake.violations).toHaveLength(1);
  });
});

describe("transport", () => {
  const account = (signal?: AbortSignal) =>
    fetch(`${fake.url}/__unused`, { ...(signal === undefined ? {} : { signal }) });

  test.each<FaultKind>(["reset", "reset_mid_body"])("%s ends the connection", async (fault) => {
    await start({ records: { audit: 300 } });
    fake.faults.push({ path: "*", fault });
    await expect(account().then((answer) => answer.text())).rejects.toThrow();
    expect((await account()).status).toBe(404);
  });

  test("what was in a body that was cut is not handed out", async () => {
    await start({ records: { receipt: 100 } });
    const list = await getV2(fake, BATCH, { type: "receipt" });
    const url = ((await list.json()) as { value: { url: string }[] }).value[0]?.url ?? "";
    fake.faults.push({ path: "*.gz", fault: "reset_mid_body", afterBytes: 100 });
    await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    expect(fake.handedOutCount()).toBe(0);
    await (await fetch(url)).arrayBuffer();
    expect(fake.handedOutCount()).toBe(100);
  });

  test("hang sends nothing, stall_body stops in the middle, until the client gives up", async () => {
    await start({});
    fake.faults.push(
      { path: "*", fault: "hang" },
      { path: "*", fault: "stall_body", afterBytes: 5 },
    );
    const first = new AbortController();
    const hanging = account(first.signal);
    const second = new AbortController();
    const stalled = await account(second.signal);
    const pieces: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of stalled.body ?? []) {
        pieces.push(piece);
        first.abort();
        second.abort();
      }
    })();
    await expect(hanging).rejects.toThrow();
    await expect(reading).rejects.toThrow();
    expect(Buffer.concat(pieces)).toHaveLength(5);
  });

  test("slow_body comes whole, in many pieces", async () => {
    await start({ records: { audit: 60 } });
    fake.faults.push({ path: AUDIT, fault: "slow_body", delayMs: 1 });
    const range = {
      startDateTime: "2026-03-05T12:00:00+0000",
      endDateTime: "2026-03-06T12:00:00+0000",
    };
    const answer = await postV2(fake, AUDIT, { data: [range] });
    let pieces = 0;
    let text = "";
    for await (const piece of answer.body ?? []) {
      pieces += 1;
      text += Buffer.from(piece).toString("latin1");
    }
    expect(pieces).toBeGreaterThan(5);
    expect(JSON.parse(text).data).toHaveLength(60);
  });

  test("close() ends what hangs", async () => {
    await start({});
    fake.faults.push({ path: "*", fault: "hang" });
    const hanging = expect(account()).rejects.toThrow();
    while (fake.requests("/__unused") === 0) await new Promise((done) => setImmediate(done));
    await fake.close();
    await hanging;
  });
});
