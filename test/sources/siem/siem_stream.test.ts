import { describe, expect, test } from "vitest";
import { ApiError } from "../../../plugin/errors.ts";
import { siemStreamFor, siemStreamV2 } from "../../../plugin/sources/siem/siem_stream.ts";
import type { Cursor, Page } from "../../../plugin/sources/source.ts";
import { createFakeContext } from "../../support/fake_context.ts";
import { createDriver, linesOf } from "../../support/source_driver.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR = 3_600_000;
const STREAM = "siem:stream";
const record = (number: number, timestamp = NOW - HOUR + number) => ({
  eventType: "receipt",
  processingId: `p${number}`,
  timestamp,
});
const answer = (records: readonly object[], next: string | null, isCaughtUp = false) => ({
  json: { value: records, ...(next === null ? {} : { "@nextPage": next }), isCaughtUp },
});
const refused = () =>
  new ApiError("token", { code: "invalid_parameter", status: 400, retryable: false });

async function pageOf(cursor: Cursor, script: Parameters<typeof createFakeContext>[0]) {
  const context = createFakeContext(script);
  const page = await siemStreamV2.page(STREAM, cursor, context);
  return { page, query: context.requests[0]?.query };
}
const lines = async (page: Page) => (await Promise.all(page.items.map(linesOf))).flat();
const start = (startMs: number) => siemStreamV2.start(STREAM, startMs, NOW);

describe("siem of API 2.0 by streaming", () => {
  test("begins by date, at most 23 hours back, then follows the page token alone", async () => {
    const first = await pageOf(start(0), [answer([record(1)], "abc")]);
    expect(first.query).toEqual({ pageSize: "100", dateRangeStartsAt: "2026-02-28T13:00:00.000Z" });
    expect(first.page.gap).toBeUndefined();
    const second = await pageOf(first.page.next, [answer([], "abc", true)]);
    expect(second.query).toEqual({ pageSize: "100", nextPage: "abc" });
    expect(second.page).toMatchObject({ more: false, items: [], coveredUntilMs: NOW });
  });

  test("leaves out what stood on an earlier page already", async () => {
    const first = await pageOf(start(NOW - 2 * HOUR), [answer([record(1), record(2)], "abc")]);
    const second = await pageOf(first.page.next, [answer([record(2), record(3)], "def")]);
    expect(await lines(second.page)).toEqual([JSON.stringify(record(3))]);
  });

  test("keeps two equal records of one page: they are two", async () => {
    const { page } = await pageOf(start(NOW), [answer([record(1), record(1)], "abc")]);
    expect(await lines(page)).toHaveLength(2);
  });

  test("an empty page moves the token on", async () => {
    const { page } = await pageOf(start(NOW), [answer([], "abc")]);
    expect(page).toMatchObject({ items: [], more: true, next: { nextPage: "abc" } });
  });

  test("a page that does not lead on is asked for a few times, then left to the next poll", async () => {
    let cursor = (await pageOf(start(NOW), [answer([record(1)], "abc")])).page.next;
    const more: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      const { page } = await pageOf(cursor, [answer([record(1)], "abc")]);
      more.push(page.more);
      cursor = page.next;
    }
    expect(more).toEqual([true, true, true, false]);
  });

  test("a refused token begins again by time, where everything is collected, and nothing comes twice", async () => {
    const first = await pageOf(start(NOW - 2 * HOUR), [answer([record(1), record(2)], "abc")]);
    const again = createFakeContext([refused(), answer([record(1), record(2), record(3)], "xyz")]);
    const page = await siemStreamV2.page(STREAM, first.page.next, again);
    expect(again.requests.map(({ query }) => query)).toEqual([
      { pageSize: "100", nextPage: "abc" },
      { pageSize: "100", dateRangeStartsAt: new Date(NOW - 2 * HOUR).toISOString() },
    ]);
    expect(await lines(page)).toEqual([JSON.stringify(record(3))]);
    expect(page).toMatchObject({ more: true, next: { nextPage: "xyz" } });
  });

  test("a position of an earlier version, the newest record's time, begins an overlap before it", async () => {
    const position = { nextPage: "abc", from: NOW - HOUR, stalls: 0, types: null, ids: [] };
    const context = createFakeContext([refused(), answer([], "xyz", true)]);
    await siemStreamV2.page(STREAM, position, context);
    const from = new Date(NOW - HOUR - 600_000).toISOString();
    expect(context.requests[1]?.query).toMatchObject({ dateRangeStartsAt: from });
  });

  test("a token that is refused in a first back-fill, as far back as it goes, is no gap", async () => {
    const first = await pageOf(start(0), [answer([record(1)], "abc")]);
    const context = createFakeContext([refused(), answer([record(1)], "xyz")]);
    context.nowMs = NOW + 10 * 60_000;
    const page = await siemStreamV2.page(STREAM, first.page.next, context);
    expect(page.gap).toBeUndefined();
  });

  test("an outage that is longer than Mimecast keeps records is a gap", async () => {
    const cursor = { nextPage: null, from: NOW - 30 * HOUR, stalls: 0, ids: [] };
    const { page, query } = await pageOf(cursor, [answer([record(1)], "abc")]);
    expect(query?.dateRangeStartsAt).toBe("2026-02-28T12:06:00.000Z");
    expect(page.gap?.reason).toContain("older than 24 hours");
  });

  test("asks for some types only, and begins again by time where they have changed", async () => {
    const narrow = siemStreamFor((type) => ["av", "url protect"].includes(type));
    const context = createFakeContext([answer([record(1)], "abc"), answer([record(2)], "def")]);
    const first = await narrow.page(STREAM, narrow.start(STREAM, NOW - HOUR, NOW), context);
    const second = await narrow.page(STREAM, first.next, context);
    expect(context.requests.map(({ query }) => query)).toEqual([
      { pageSize: "100", types: "av,url protect", dateRangeStartsAt: expect.any(String) },
      { pageSize: "100", types: "av,url protect", nextPage: "abc" },
    ]);
    const all = siemStreamFor(() => true);
    const wider = { page: await all.page(STREAM, second.next, createFakeContext([])) };
    expect(wider.page).toMatchObject({ items: [], more: true, next: { nextPage: null } });
    const again = await pageOf(wider.page.next, [answer([record(2), record(3)], "xyz")]);
    expect(again.query).toEqual({ pageSize: "100", dateRangeStartsAt: expect.any(String) });
    expect(await lines(again.page)).toEqual([JSON.stringify(record(3))]);
  });

  test("tries the token alone where it is refused together with types", async () => {
    const narrow = siemStreamFor((type) => type === "av");
    const position = { nextPage: "abc", from: NOW - HOUR, stalls: 0, types: "av", ids: [] };
    const context = createFakeContext([refused(), answer([record(1)], "def")]);
    const page = await narrow.page(STREAM, position, context);
    expect(context.requests.map(({ query }) => query)).toEqual([
      { pageSize: "100", types: "av", nextPage: "abc" },
      { pageSize: "100", nextPage: "abc" },
    ]);
    expect(page.next).toMatchObject({ nextPage: "def" });
    const twice = createFakeContext([refused(), refused(), answer([], "xyz")]);
    const lost = await narrow.page(STREAM, position, twice);
    expect(twice.requests[2]?.query).toMatchObject({
      types: "av",
      dateRangeStartsAt: expect.any(String),
    });
    expect(lost).toMatchObject({ items: [], more: true, next: { nextPage: "xyz", types: "av" } });
  });

  test("goes on from a position of before types were noted", async () => {
    const cursor = { nextPage: "abc", from: NOW - HOUR, stalls: 0, ids: [] };
    const { query } = await pageOf(cursor, [answer([], "abc", true)]);
    expect(query).toEqual({ pageSize: "100", nextPage: "abc" });
  });

  test("replay asks for the page of a gap again, with its types, and for no other where its token is refused", async () => {
    const replay = siemStreamV2.replay!;
    const narrow = siemStreamFor((type) => type === "av");
    const position = { nextPage: "abc", from: NOW - HOUR, stalls: 0, types: "av", ids: [] };
    const context = createFakeContext([answer([record(2)], "def")]);
    const [item] = (await narrow.page(STREAM, position, context)).items;
    const again = await pageOf(replay.again(position), [answer([record(2)], "def")]);
    expect(again.query).toEqual({ pageSize: "100", types: "av", nextPage: "abc" });
    expect(replay.missed(again.page.items, item!.key)).toHaveLength(1);
    expect(replay.missed(again.page.items, "another")).toEqual([]);
    expect(replay.ended(again.page.next, "gap")).toBe(true);
    const byDate = answer([record(2), record(3)], "xyz");
    const lost = await pageOf(replay.again(position), [refused(), refused(), byDate]);
    expect(replay.missed(lost.page.items, item!.key)).toEqual([]);
    expect(replay.ended(lost.page.next, "gap")).toBe(true);
  });

  test("replay reads a page of the quarantine", async () => {
    const { spool } = createFakeContext([]);
    const text = JSON.stringify({ value: [record(1), record(2)], isCaughtUp: true });
    const { path, size } = await spool(
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    const items = await siemStreamV2.replay!.stored(path, size);
    expect((await Promise.all(items.map(linesOf))).flat()).toEqual(
      [record(1), record(2)].map((each) => JSON.stringify(each)),
    );
  });

  test("an error of the first request, and an answer without a list, are errors", async () => {
    await expect(pageOf(start(NOW), [refused()])).rejects.toThrow("token");
    await expect(pageOf(start(NOW), [{ json: { value: {} } }])).rejects.toThrow(
      '"value" is no list',
    );
  });

  test("a week of outage with a token that the fake has forgotten: what is left comes, once", async () => {
    const driver = await createDriver(siemStreamV2, { records: { siem: 300 } });
    try {
      await driver.poll();
      driver.effects.advance(30 * HOUR);
      driver.fake.add({ siem: 50 });
      const broken = { ...JSON.parse(driver.positions.get(STREAM)!), nextPage: "bm8=" };
      driver.positions.set(STREAM, JSON.stringify(broken));
      await driver.poll();
      expect(new Set(driver.lines).size).toBe(driver.lines.length);
      expect(driver.ids()).toEqual(new Set(driver.fake.ids("siem")));
      expect(driver.gaps).toHaveLength(1);
    } finally {
      await driver.close();
    }
  });
});
