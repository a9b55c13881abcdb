import { describe, expect, test } from "vitest";
import { ApiError } from "../../plugin/errors.ts";
import type { Cursor, Page } from "../../plugin/sources/source.ts";
import { threatIntelV1, threatIntelV2 } from "../../plugin/sources/threat_intel.ts";
import { type ClientAnswer, createFakeContext, type FakeContext } from "../support/fake_context.ts";
import { linesOf } from "../support/source_driver.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const DAY = 86_400_000;
const STREAM = "threat_intel:malware_grid";
const start = (): Cursor => threatIntelV1.start(STREAM, 0, NOW);

const object = (id: string, modified = "2026-03-01T00:00:00.000Z") => ({
  type: "malware",
  id,
  modified,
});
const bundle = (objects: readonly unknown[], token?: string): ClientAnswer => ({
  json: { type: "bundle", id: `bundle--${objects.length}`, spec_version: "2.0", objects },
  headers: token === undefined ? {} : { "x-mc-threat-feed-next-token": token },
});
const pageOf = (cursor: Cursor, answer: ClientAnswer): Promise<Page> =>
  threatIntelV1.page(STREAM, cursor, createFakeContext([answer]));
const idsOf = async (page: Page): Promise<string[]> =>
  (await Promise.all(page.items.map(linesOf)))
    .flat()
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe("threatIntelV1", () => {
  test("begins a week back, then follows the token", async () => {
    const context = createFakeContext([bundle([object("a")], "t1"), bundle([object("b")])]);
    const first = await threatIntelV1.page(STREAM, start(), context);
    expect(first).toMatchObject({ more: true, next: { token: "t1" } });
    const second = await threatIntelV1.page(STREAM, first.next, context);
    expect(second).toMatchObject({ more: false, next: { token: "t1" }, coveredUntilMs: NOW });
    const request = { feedType: "malware_grid", fileType: "stix", compress: false };
    expect(context.requests.map(({ body }) => body)).toEqual([
      { data: [{ ...request, start: "2026-02-22T12:00:00+0000" }] },
      { data: [{ ...request, token: "t1" }] },
    ]);
  });

  test("the last token is asked again, and gives what is new only", async () => {
    const first = await pageOf(start(), bundle([object("a"), object("b")], "t1"));
    const second = await pageOf(first.next, bundle([object("b"), object("c")]));
    expect(await idsOf(second)).toEqual(["c"]);
    const third = await pageOf(
      second.next,
      bundle([object("c"), object("c", "2026-03-02T00:00:00.000Z")]),
    );
    expect(await idsOf(third)).toEqual(["c"]);
    expect((await pageOf(third.next, bundle([]))).items).toEqual([]);
  });

  test("an empty bundle with a token moves the position and ends", async () => {
    const page = await pageOf(start(), bundle([], "t1"));
    expect(page).toMatchObject({ items: [], more: false, next: { token: "t1" } });
    const bare = await pageOf(start(), { json: { type: "bundle", id: "bundle--1" } });
    expect(bare).toMatchObject({ items: [], more: false });
  });

  test("without any token the next request begins where this one ended, less the overlap", async () => {
    const page = await pageOf(start(), bundle([object("a")]));
    expect(page.next).toMatchObject({ token: null, from: NOW - 600_000 });
  });

  const noResult = new ApiError("x", {
    code: "err_threat_intel_feed_no_result_found",
    status: 200,
    retryable: false,
  });
  const refused = new ApiError("x", { code: "err_validation", status: 400, retryable: false });
  const position = (more: object = {}): Cursor => ({
    from: NOW - DAY,
    token: "t1",
    ids: [],
    ...more,
  });
  const asked = (context: FakeContext) =>
    context.requests.map(({ body }) => (body as { data: object[] }).data[0]);

  test("where nothing is found the feed is at its end, by token and by date", async () => {
    const byToken = await pageOf(position(), noResult);
    expect(byToken).toMatchObject({
      items: [],
      more: false,
      next: { token: "t1" },
      coveredUntilMs: NOW,
    });
    const byDate = await pageOf(start(), noResult);
    expect(byDate).toMatchObject({
      items: [],
      more: false,
      next: { token: null, from: NOW - 600_000 },
    });
  });

  test("a refused token begins again by date, and what is known does not come again", async () => {
    const first = await pageOf(start(), bundle([object("a"), object("b")], "t1"));
    const context = createFakeContext([refused, bundle([object("b"), object("c")], "t2")]);
    const page = await threatIntelV1.page(STREAM, first.next, context);
    expect(await idsOf(page)).toEqual(["c"]);
    expect(asked(context)[1]).toMatchObject({ start: "2026-02-22T12:00:00+0000" });
    expect(page).toMatchObject({ more: true, next: { token: "t2" } });
    expect(page.gap).toBeUndefined();
  });

  test("the token is kept where Mimecast refuses the request by date too", async () => {
    const context = createFakeContext([refused, refused]);
    await expect(threatIntelV1.page(STREAM, position(), context)).rejects.toBe(refused);
  });

  test("each new token refused: a few requests, then an error, and a new beginning later", async () => {
    let cursor = position();
    const context = createFakeContext(
      Array.from({ length: 100 }, (_, index) =>
        index % 2 === 0 ? refused : bundle([object("a")], `t${index}`),
      ),
    );
    const poll = async () => {
      for (;;) {
        const page = await threatIntelV1.page(STREAM, cursor, context);
        cursor = page.next;
        if (!page.more) return;
      }
    };
    await expect(poll()).rejects.toBe(refused);
    expect(context.requests.length).toBeLessThan(9);
    context.nowMs += 15 * 60_000;
    const before = context.requests.length;
    await poll().catch(() => {});
    expect(context.requests.length).toBeGreaterThan(before + 1);
  });

  test("a position that is older than Mimecast gives is a gap", async () => {
    const context = createFakeContext([refused, refused, bundle([object("a")], "t2")]);
    const page = await threatIntelV1.page(STREAM, position({ from: NOW - 20 * DAY }), context);
    expect(asked(context).map((item) => ("start" in item! ? item.start : "token"))).toEqual([
      "token",
      "2026-02-09T12:00:00+0000",
      "2026-02-22T12:00:00+0000",
    ]);
    expect(page.gap?.reason).toContain("2026-02-09");
  });

  test("a token that has brought nothing for a day is checked by date, once a day", async () => {
    const first = await pageOf(start(), bundle([object("a")], "t1"));
    let cursor = first.next;
    const context = createFakeContext([]);
    let calls = 0;
    context.client.json = async (request) => {
      calls++;
      const [item] = (request.body as { data: { token?: string }[] }).data;
      const objects = item?.token === "t1" ? [] : [object("a"), object("b")];
      const headers: Record<string, string> =
        item?.token === undefined ? { "x-mc-threat-feed-next-token": "t2" } : {};
      const body = { type: "bundle", objects };
      return { headers, body, text: JSON.stringify(body) };
    };
    const taken: string[] = [];
    for (let poll = 0; poll < 49; poll++) {
      const page = await threatIntelV1.page(STREAM, cursor, context);
      taken.push(...(await idsOf(page)));
      cursor = page.next;
      context.nowMs += DAY / 24;
    }
    expect(taken).toEqual(["b"]);
    expect(calls).toBeLessThanOrEqual(49 + 2);
  });

  test("a beginning that has not come yet, left by a wrong clock, is asked for from as far back as Mimecast gives", async () => {
    const context = createFakeContext([]);
    context.nowMs = NOW;
    const starts: number[] = [];
    context.client.json = async ({ body: asked }) => {
      const [item] = (asked as { data: { start: string }[] }).data;
      starts.push(Date.parse(item?.start.replace("+0000", "Z") ?? ""));
      if ((starts.at(-1) as number) > NOW) {
        throw new ApiError("x", { code: "err_validation", status: 400, retryable: false });
      }
      const body = { type: "bundle", objects: [object("a")] };
      return { headers: {}, body, text: JSON.stringify(body) };
    };
    const ahead = { ...(start() as object), from: NOW + 400 * DAY, begun: null } as Cursor;
    const page = await threatIntelV1.page(STREAM, ahead, context);
    expect(await idsOf(page)).toEqual(["a"]);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeLessThan(NOW - DAY);
  });

  test("anything but a STIX bundle is an error", async () => {
    for (const json of [{}, [], { type: "bundle", objects: {} }, { objects: [] }]) {
      await expect(pageOf(start(), { json })).rejects.toMatchObject({ code: "unexpected_answer" });
    }
  });

  test("is the same feed in both generations", () => {
    expect(threatIntelV2.streams).toEqual(threatIntelV1.streams);
    expect(threatIntelV2.product).toBe("Threat Management");
    expect(threatIntelV1).not.toHaveProperty("product");
  });
});
