import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, getV2, postV2 } from "./fake_client.ts";
import { type Fake, startFake } from "./fake_mimecast/fake.ts";

const NOW_MS = Date.UTC(2026, 2, 6, 12);
const AUDIT = "/api/audit/get-audit-events";
const BATCH = "/siem/v1/batch/events/cg";
const STREAM = "/siem/v1/events/cg";
const DAY = { startDateTime: "2026-03-05T12:00:00+0000", endDateTime: "2026-03-06T12:00:00+0000" };

let fake: Fake;
beforeEach(async () => {
  fake = await startFake({ now: () => NOW_MS, records: { siem: 50, audit: 5 } });
});
afterEach(() => fake.close());

test.each<[string, unknown]>([
  ["an unknown field", { data: [{ ...DAY, query: "x" }] }],
  ["an unknown field of the envelope", { data: [DAY], page: 1 }],
  ["a missing end", { data: [{ startDateTime: DAY.startDateTime }] }],
  ["two items", { data: [DAY, DAY] }],
  ["no item", { data: [] }],
  ["no offset", { data: [{ ...DAY, endDateTime: "2026-03-06T12:00:00" }] }],
  ["milliseconds", { data: [{ ...DAY, endDateTime: "2026-03-06T12:00:00.000+0000" }] }],
  ["a day that does not exist", { data: [{ ...DAY, startDateTime: "2026-02-30T12:00:00+0000" }] }],
  ["a start after the end", { data: [{ ...DAY, startDateTime: "2026-03-06T12:00:01+0000" }] }],
  [
    "a start before the look-back",
    { data: [{ ...DAY, startDateTime: "2026-01-01T00:00:00+0000" }] },
  ],
  ["a page that is too large", { data: [DAY], meta: { pagination: { pageSize: 501 } } }],
  ["a page token that was never handed out", { meta: { pagination: { pageToken: "abc" } } }],
])("an audit request with %s is refused and noted", async (_what, body) => {
  const answer = await postV2(fake, AUDIT, body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ fail: [{ errors: [{ retryable: false }] }] });
  expect(fake.violations).toMatchObject([{ path: AUDIT }]);
});

test.each(["2026-03-06T11:30:00Z", "2026-03-06T11:30:00+00:00", "2026-03-06T13:30:00+0200"])(
  "an audit request with the time %s is answered",
  async (endDateTime) => {
    const answer = await postV2(fake, AUDIT, { data: [{ ...DAY, endDateTime }] });
    expect(answer.status).toBe(200);
    expect(fake.violations).toEqual([]);
  },
);

test.each<[string, string, Record<string, string>]>([
  ["an unknown type", BATCH, { type: "mail" }],
  ["a type twice", BATCH, { type: "receipt,receipt" }],
  ["the parameter of the streaming endpoint", BATCH, { types: "receipt" }],
  ["a page that is too large", BATCH, { type: "receipt", pageSize: "101" }],
  ["a page of nothing", BATCH, { type: "receipt", pageSize: "0" }],
  [
    "a time instead of a day",
    BATCH,
    { type: "receipt", dateRangeStartsAt: "2026-03-06T00:00:00Z" },
  ],
  ["a day that is too old", BATCH, { type: "receipt", dateRangeStartsAt: "2026-02-26" }],
  ["a token of another type", BATCH, { type: "spam", nextPage: "MDpudWxs" }],
  ["a token that is none", BATCH, { type: "spam", nextPage: "x" }],
  ["a day instead of a time", STREAM, { dateRangeStartsAt: "2026-03-06" }],
  ["a time without milliseconds", STREAM, { dateRangeStartsAt: "2026-03-06T00:00:00Z" }],
  ["an unknown type", STREAM, { types: "receipt,mail" }],
])("a SIEM request with %s is refused and noted: %s", async (_what, path, query) => {
  const answer = await getV2(fake, path, query);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: "invalid_parameter" } });
  expect(fake.violations).toMatchObject([{ path, rule: "query" }]);
});

test("dates beside a page token are refused and noted", async () => {
  const first = await getV2(fake, BATCH, { type: "receipt", dateRangeStartsAt: "2026-03-01" });
  const { "@nextPage": nextPage } = (await first.json()) as { "@nextPage": string };
  expect(fake.violations).toEqual([]);
  const both = { type: "receipt", dateRangeStartsAt: "2026-03-01", nextPage };
  expect((await getV2(fake, BATCH, both)).status).toBe(400);
  expect(fake.violations).toHaveLength(1);
});

test("a search must not change while paging", async () => {
  const meta = { pagination: { pageSize: 2 } };
  const first = await postV2(fake, AUDIT, { meta, data: [DAY] });
  const { next } = ((await first.json()) as { meta: { pagination: { next: string } } }).meta
    .pagination;
  const page = { pagination: { pageSize: 2, pageToken: next } };
  expect((await postV2(fake, AUDIT, { meta: page })).status).toBe(200);
  expect((await postV2(fake, AUDIT, { meta: page, data: [DAY] })).status).toBe(200);
  expect(fake.violations).toEqual([]);
  const later = { ...DAY, endDateTime: "2026-03-06T11:59:59+0000" };
  expect((await postV2(fake, AUDIT, { meta: page, data: [later] })).status).toBe(400);
  expect(fake.violations).toMatchObject([{ detail: "data must not change while paging" }]);
});

test.each<[string, number, RequestInit]>([
  ["method", 405, { method: "GET" }],
  ["content_type", 415, { method: "POST", body: "{}", headers: { "content-type": "text/plain" } }],
  ["body", 400, { method: "POST", body: "{", headers: { "content-type": "application/json" } }],
])("a wrong %s is answered with %i", async (rule, status, init) => {
  const headers = { ...(init.headers as object), ...(await bearer(fake)) };
  expect((await fetch(fake.url + AUDIT, { ...init, headers })).status).toBe(status);
  expect(fake.violations).toMatchObject([{ path: AUDIT, rule }]);
});

test("an unknown path is a 404", async () => {
  expect((await postV2(fake, "/api/audit/get-events", { data: [] })).status).toBe(404);
  expect(fake.violations).toMatchObject([{ rule: "path" }]);
});

test.each<[string, string, string]>([
  ["a header twice", "GET / HTTP/1.1\r\nHost: HOST\r\nX-A: a\r\nX-A: b\r\n", '"x-a"'],
  ["HTTP/1.0", "GET / HTTP/1.0\r\nHost: HOST\r\n", "HTTP/1.1"],
  ["a foreign Host", "GET / HTTP/1.1\r\nHost: example.com\r\n", "Host must be"],
  ["a whole URL as target", "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\n", "must be a path"],
])("%s is noted", async (_what, request, detail) => {
  const { host, hostname, port } = new URL(fake.url);
  const socket = connect(Number(port), hostname);
  socket.write(`${request.replaceAll("HOST", host)}Connection: close\r\n\r\n`);
  await once(socket.resume(), "close");
  expect(fake.violations.filter(({ rule }) => rule === "http")).toMatchObject([
    { detail: expect.stringContaining(detail) },
  ]);
});

test("what is no HTTP is noted", async () => {
  const { hostname, port } = new URL(fake.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write("this is no request\r\n\r\n");
  await once(socket.resume(), "close");
  expect(fake.violations).toMatchObject([{ rule: "http" }]);
});

test("a body of more than a mebibyte ends the connection and is noted", async () => {
  const headers = { ...(await bearer(fake)), "content-type": "application/json" };
  const init = { method: "POST", headers, body: " ".repeat(1_048_577) };
  await expect(fetch(fake.url + AUDIT, init)).rejects.toThrow();
  expect(fake.violations).toMatchObject([
    { rule: "failed", detail: expect.stringContaining("too long") },
  ]);
});
