import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DecodeError, LinkExpiredError } from "../../../plugin/errors.ts";
import { cloudIntegrated } from "../../../plugin/sources/siem/cloud_integrated.ts";
import { siemV2 } from "../../../plugin/sources/siem/siem_v2.ts";
import type { Cursor, Page } from "../../../plugin/sources/source.ts";
import { type ClientAnswer, createFakeContext } from "../../support/fake_context.ts";
import { collect } from "../../support/fake_effects.ts";
import { linesOf } from "../../support/source_driver.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;
const STREAM = "siem:internal email protect";
const start = (): Cursor => siemV2.start(STREAM, NOW - DAY_MS, NOW);

const file = (path: string, signature = "s1") => ({
  url: `https://s3.eu-west-1.amazonaws.com${path}?X-Amz-Signature=${signature}`,
  expiry: "2026-03-01T12:30:00.000Z",
  size: 100,
});
const listing = (
  paths: readonly string[],
  more: { next?: string; isCaughtUp?: boolean; signature?: string } = {},
): ClientAnswer => ({
  json: {
    value: paths.map((path) => file(path, more.signature)),
    ...(more.next === undefined ? {} : { "@nextPage": more.next }),
    ...(more.isCaughtUp === undefined ? {} : { isCaughtUp: more.isCaughtUp }),
  },
});

async function pageOf(cursor: Cursor, answer: ClientAnswer): Promise<Page> {
  return siemV2.page(STREAM, cursor, createFakeContext([answer]));
}

const keys = (page: Page): string[] => page.items.map(({ key }) => key);

describe("a batch source", () => {
  test("begins by date and goes on by token", async () => {
    const context = createFakeContext([listing(["/a"], { next: "NDU1NA==" }), listing([])]);
    const first = await siemV2.page(STREAM, start(), context);
    await siemV2.page(STREAM, first.next, context);
    expect(context.requests.map(({ method, path, query }) => ({ method, path, query }))).toEqual([
      {
        method: "GET",
        path: "/siem/v1/batch/events/cg",
        query: {
          type: "internal email protect",
          pageSize: "100",
          dateRangeStartsAt: "2026-02-28",
        },
      },
      {
        method: "GET",
        path: "/siem/v1/batch/events/cg",
        query: { type: "internal email protect", pageSize: "100", nextPage: "NDU1NA==" },
      },
    ]);
  });

  test("has a stream for each type, and they are not the other feed's", () => {
    expect(siemV2.streams).toHaveLength(10);
    expect(cloudIntegrated.streams).toEqual([
      "cloud_integrated:entities",
      "cloud_integrated:mailflow",
      "cloud_integrated:urlclick",
    ]);
  });

  test("takes a file once, whatever its signature, on a page and across pages", async () => {
    const first = await pageOf(start(), listing(["/a", "/b", "/a"], { next: "1" }));
    expect(keys(first)).toEqual(["/a", "/b"]);
    const second = await pageOf(first.next, listing(["/b", "/c"], { next: "2", signature: "s2" }));
    expect(keys(second)).toEqual(["/c"]);
  });

  test.each([
    // files, @nextPage, isCaughtUp -> is there more
    [["/a"], "1", undefined, true],
    [["/a"], "1", false, true],
    [["/a"], "1", true, false],
    [["/a"], "0", false, true],
    [["/a"], undefined, undefined, true],
    [["/old"], "1", undefined, true],
    [["/old"], "1", false, true],
    [["/old"], "0", false, false],
    [["/old"], undefined, false, false],
    [[], "1", false, true],
    [[], "1", undefined, false],
    [[], "1", true, false],
    [[], "0", false, false],
    [[], undefined, undefined, false],
  ])("files %j, token %j, caught up %j: more is %j", async (files, next, isCaughtUp, more) => {
    const before = await pageOf(start(), listing(["/old"], { next: "0" }));
    const answer = listing(files as string[], {
      ...(next === undefined ? {} : { next: next as string }),
      ...(isCaughtUp === undefined ? {} : { isCaughtUp: isCaughtUp as boolean }),
    });
    const page = await pageOf(before.next, answer);
    expect(page.more).toBe(more);
    expect(page.next).toMatchObject({ nextPage: next ?? "0" });
    expect(page.coveredUntilMs).toBe(isCaughtUp === true ? NOW - 900_000 : null);
  });

  test("its memory of files is bounded", async () => {
    let cursor = start();
    for (let page = 0; page < 22; page++) {
      const paths = Array.from({ length: 100 }, (_, index) => `/p${page}/${index}`);
      cursor = (await pageOf(cursor, listing(paths, { next: String(page) }))).next;
    }
    expect((cursor as { recent: string[] }).recent).toHaveLength(2_000);
    expect(JSON.stringify(cursor).length).toBeLessThan(50_000);
    expect(keys(await pageOf(cursor, listing(["/p21/99", "/p2/0", "/p1/0"], {})))).toEqual([
      "/p1/0",
    ]);
  });

  test("a start older than a week is moved, a position that grew older is a gap", async () => {
    const cursor = siemV2.start(STREAM, 0, NOW);
    expect(cursor).toMatchObject({ startDay: "2026-02-22" });
    expect((await pageOf(cursor, listing([]))).gap).toBeUndefined();
    const context = createFakeContext([listing([])]);
    context.nowMs = NOW + 3 * DAY_MS;
    const page = await siemV2.page(STREAM, cursor, context);
    expect(page.gap?.reason).toContain("2026-02-22");
    expect(context.requests[0]?.query).toMatchObject({ dateRangeStartsAt: "2026-02-25" });
  });

  test("an answer of another shape is an error and no end", async () => {
    for (const json of [
      {},
      [],
      null,
      { value: null },
      { value: {} },
      { value: [null] },
      { value: [{ url: 5 }] },
      { value: [{ url: "not a url" }] },
    ]) {
      await expect(pageOf(start(), { json }), JSON.stringify(json)).rejects.toMatchObject({
        code: "unexpected_answer",
        retryable: true,
      });
    }
  });

  test("reads gzip files as lines, the last one with or without its line break", async () => {
    const files = {
      "/gz": gzipSync('{"a":1}\n{"a":2}'),
      "/other": gzipSync('{"b":1}\n'),
    };
    const context = createFakeContext([listing(["/gz", "/other"])], files);
    const { items } = await siemV2.page(STREAM, start(), context);
    expect(await Promise.all(items.map(linesOf))).toEqual([['{"a":1}', '{"a":2}'], ['{"b":1}']]);
    expect(context.downloads[0]).toContain("X-Amz-Signature=s1");
    const [first] = items;
    expect(first && (await collect(first.raw())).equals(files["/gz"])).toBe(true);
  });

  test("passes on what is wrong with a link or a file", async () => {
    const expired = new LinkExpiredError("x", { code: "link_expired" });
    const files = {
      "/expired": expired,
      "/plain": Buffer.from('{"b":1}\n'),
      "/page": gzipSync("<html>blocked</html>"),
      "/cut": gzipSync("record\n".repeat(100)).subarray(0, 30),
      "/empty": Buffer.alloc(0),
    };
    const context = createFakeContext([listing(Object.keys(files))], files);
    const { items } = await siemV2.page(STREAM, start(), context);
    const results = await Promise.allSettled(items.map(linesOf));
    const reasons = results.map((result) =>
      result.status === "rejected" ? result.reason : result.value,
    );
    expect(reasons[0]).toBe(expired);
    expect(reasons.slice(1).every((reason) => reason instanceof DecodeError)).toBe(true);
    const codes = reasons.map(({ code }) => code);
    expect(codes).toEqual(["link_expired", "not_gzip", "not_records", "gzip", "empty"]);
  });

  test("an empty file that was announced as empty is no error", async () => {
    const value = [{ url: "https://s3.amazonaws.com/none", size: 0 }];
    const context = createFakeContext([{ json: { value } }], { "/none": Buffer.alloc(0) });
    const { items } = await siemV2.page(STREAM, start(), context);
    expect(items[0] && (await linesOf(items[0]))).toEqual([]);
  });
});
