import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../../plugin/errors.ts";
import { sourceNamed } from "../../../plugin/sources/registry.ts";
import { shortHash } from "../../../plugin/sources/short_hash.ts";
import type { Cursor, Page, Source } from "../../../plugin/sources/source.ts";
import { MAX_BEFORE } from "../../../plugin/sources/window/window_memory.ts";
import {
  type ClientAnswer,
  createFakeContext,
  type FakeContext,
} from "../../support/fake_context.ts";
import { linesOf } from "../../support/source_driver.ts";

const archiveSearchV2 = sourceNamed("2.0", "archive_search");
const auditV2 = sourceNamed("2.0", "audit");
const dlpV1 = sourceNamed("1.0", "dlp");
const heldReleaseV1 = sourceNamed("1.0", "held_release");
const rejectionsV2 = sourceNamed("2.0", "rejections");
const ttpImpersonationV2 = sourceNamed("2.0", "ttp_impersonation");
const ttpUrlV2 = sourceNamed("2.0", "ttp_url");

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const auditEvent = (id: string, eventTime = "2026-03-01T11:30:00+0000") => ({ id, eventTime });
const page = (data: readonly unknown[], next?: string): ClientAnswer => ({
  json: {
    meta: { status: 200, pagination: { pageSize: 2, ...(next && { next }) } },
    data,
    fail: [],
  },
});
const refused = new ApiError("x", { code: "err_validation_null", status: 400, retryable: false });

/** Takes pages until there is no more; returns each page's records. */
async function run(
  source: Source,
  start: Cursor,
  context: FakeContext,
): Promise<{ records: string[][]; cursor: Cursor; pages: Page[] }> {
  const records: string[][] = [];
  const pages: Page[] = [];
  let cursor = start;
  for (;;) {
    const one = await source.page(source.streams[0] as string, cursor, context);
    pages.push(one);
    const lines = await Promise.all(one.items.map(linesOf));
    if (one.items.length > 0) records.push(lines.flat());
    cursor = one.next;
    if (!one.more) return { records, cursor, pages };
    if (pages.length > 50) throw new Error("It does not come to an end");
  }
}

const ids = (records: string[][]): string[][] =>
  records.map((lines) => lines.map((line) => (JSON.parse(line) as { id: string }).id));

const auditStart = (fromMs = NOW - HOUR_MS): Cursor => auditV2.start("audit", fromMs, NOW);

describe("a windowed source", () => {
  test("freezes its window, in whole seconds, before the first page", async () => {
    const context = createFakeContext([page([auditEvent("a")], "t1"), page([auditEvent("b")])]);
    context.nowMs = NOW + 999;
    const { records } = await run(auditV2, auditStart(), context);
    expect(ids(records)).toEqual([["a"], ["b"]]);
    const range = {
      startDateTime: "2026-03-01T11:00:00+0000",
      endDateTime: "2026-03-01T12:00:00+0000",
    };
    expect(context.requests.map((request) => request.body)).toEqual([
      { meta: { pagination: { pageSize: 500 } }, data: [range] },
      { meta: { pagination: { pageSize: 500, pageToken: "t1" } }, data: [range] },
    ]);
  });

  test("its end does not move with the clock while it pages", async () => {
    const context = createFakeContext([page([auditEvent("a")], "t1"), page([auditEvent("b")])]);
    let cursor = auditStart();
    for (let step = 0; step < 3; step++) {
      cursor = (await auditV2.page("audit", cursor, context)).next;
      context.nowMs += HOUR_MS;
    }
    const ends = context.requests.map(
      (request) => (request.body as { data: { endDateTime: string }[] }).data[0]?.endDateTime,
    );
    expect(ends).toEqual(["2026-03-01T12:00:00+0000", "2026-03-01T12:00:00+0000"]);
  });

  test("reaches back by the overlap and drops what it has seen, late arrivals pass", async () => {
    const first = createFakeContext([page([auditEvent("a", "2026-03-01T11:55:00+0000")])]);
    const { cursor, pages } = await run(auditV2, auditStart(), first);
    expect(pages.at(-1)?.coveredUntilMs).toBe(NOW - 600_000);

    const late = auditEvent("late", "2026-03-01T11:54:00+0000");
    const second = createFakeContext([
      page([auditEvent("a", "2026-03-01T11:55:00+0000"), late, auditEvent("b")]),
    ]);
    second.nowMs = NOW + 900_000;
    const { records } = await run(auditV2, cursor, second);
    expect(ids(records)).toEqual([["late", "b"]]);
    expect(second.requests[0]?.body).toMatchObject({
      data: [
        { startDateTime: "2026-03-01T11:50:00+0000", endDateTime: "2026-03-01T12:15:00+0000" },
      ],
    });
  });

  test("a page of nothing but repetitions is no item", async () => {
    const context = createFakeContext([
      page([auditEvent("a")], "t1"),
      page([auditEvent("a")], "t2"),
      page([auditEvent("a"), auditEvent("b"), auditEvent("b")]),
    ]);
    expect(ids((await run(auditV2, auditStart(), context)).records)).toEqual([["a"], ["b"]]);
  });

  test("an empty page that names a next one ends the window", async () => {
    const context = createFakeContext([page([auditEvent("a")], "t1"), page([], "t2")]);
    const { records, cursor } = await run(auditV2, auditStart(), context);
    expect(ids(records)).toEqual([["a"]]);
    expect(cursor).toMatchObject({ to: null, pageToken: null });
  });

  test("a page that names itself as the next one is asked again, and loses nothing", async () => {
    const stuck = page([auditEvent("a")], "t1");
    const context = createFakeContext([stuck, stuck, stuck, page([auditEvent("b")])]);
    expect(ids((await run(auditV2, auditStart(), context)).records)).toEqual([["a"], ["b"]]);
  });

  test("a refused page token begins the window again, and drops what was taken", async () => {
    const context = createFakeContext([
      page([auditEvent("a")], "old"),
      refused,
      page([auditEvent("a")], "new"),
      page([auditEvent("b")]),
    ]);
    expect(ids((await run(auditV2, auditStart(), context)).records)).toEqual([["a"], ["b"]]);
  });

  test("an error on the first page is an error, and so is one that may pass", async () => {
    await expect(run(auditV2, auditStart(), createFakeContext([refused]))).rejects.toBe(refused);
    const busy = new ApiError("x", { code: "http_503", status: 503, retryable: true });
    const context = createFakeContext([page([auditEvent("a")], "t"), busy]);
    await expect(run(auditV2, auditStart(), context)).rejects.toBe(busy);
  });

  test("a long stretch is taken day by day, oldest first", async () => {
    const context = createFakeContext([page([]), page([]), page([])]);
    const { pages } = await run(auditV2, auditStart(NOW - 2.5 * DAY_MS), context);
    const ranges = context.requests.map(
      ({ body }) => (body as { data: Record<string, string>[] }).data[0],
    );
    expect(ranges).toEqual([
      { startDateTime: "2026-02-27T00:00:00+0000", endDateTime: "2026-02-28T00:10:00+0000" },
      { startDateTime: "2026-02-28T00:10:00+0000", endDateTime: "2026-03-01T00:20:00+0000" },
      { startDateTime: "2026-03-01T00:20:00+0000", endDateTime: "2026-03-01T12:00:00+0000" },
    ]);
    const covered = pages.map(({ coveredUntilMs }) => coveredUntilMs).filter((ms) => ms !== null);
    expect(covered).toEqual([
      Date.UTC(2026, 1, 28, 0, 10),
      Date.UTC(2026, 2, 1, 0, 20),
      NOW - 600_000,
    ]);
  });

  test("reaches the present at every poll, however long the overlap is", async () => {
    const context = createFakeContext([page([]), page([]), page([])]);
    Object.assign(context, { overlapMs: DAY_MS });
    let { cursor } = await run(auditV2, auditStart(NOW - DAY_MS), context);
    for (let poll = 0; poll < 2; poll++) {
      context.nowMs += 900_000;
      cursor = (await run(auditV2, cursor, context)).cursor;
    }
    expect(context.requests.at(-1)?.body).toMatchObject({
      data: [
        { startDateTime: "2026-02-28T12:15:00+0000", endDateTime: "2026-03-01T12:30:00+0000" },
      ],
    });
  });

  test("an answer that is too large is no refused page token", async () => {
    const large = new ApiError("x", { code: "answer_too_large", status: 200, retryable: false });
    const context = createFakeContext([page([auditEvent("a")], "t"), large]);
    await expect(run(auditV2, auditStart(), context)).rejects.toBe(large);
  });

  test("the last second of a day is not taken twice", async () => {
    const edge = auditEvent("edge", "2026-02-28T12:10:00+0000");
    const context = createFakeContext([page([edge]), page([edge, auditEvent("b")])]);
    const { records } = await run(auditV2, auditStart(NOW - 2 * DAY_MS), context);
    expect(ids(records)).toEqual([["edge"], ["b"]]);
  });

  test("a start beyond the look-back is moved", () => {
    const cursor = auditV2.start("audit", 0, NOW) as { from: number };
    expect(cursor.from).toBeGreaterThan(NOW - 60 * DAY_MS);
  });

  test("a clock that was set back asks for a second, and learns the time", async () => {
    const context = createFakeContext([page([])]);
    const { cursor } = await run(auditV2, auditStart(NOW + HOUR_MS), context);
    expect(context.requests[0]?.body).toMatchObject({
      data: [
        { startDateTime: "2026-03-01T13:00:00+0000", endDateTime: "2026-03-01T13:00:01+0000" },
      ],
    });
    expect(cursor).toMatchObject({ from: NOW + HOUR_MS });
  });

  test("its items have the same keys whenever the same page is asked for", async () => {
    const answers = [page([auditEvent("a")], "t1"), page([auditEvent("b")])];
    const once = await run(auditV2, auditStart(), createFakeContext(answers));
    // An hour later there is another window after this one.
    const later = createFakeContext([...answers, page([])]);
    const opened = once.pages[0]?.next as Cursor;
    later.nowMs = NOW + HOUR_MS;
    const again = await run(auditV2, opened, later);
    const keys = (pages: Page[]): string[] =>
      pages.flatMap(({ items }) => items.map(({ key }) => key));
    expect(keys(again.pages)).toEqual(keys(once.pages));
    expect(new Set(keys(once.pages)).size).toBe(2);
  });

  test("raw() is the page as Mimecast sent it", async () => {
    const context = createFakeContext([page([auditEvent("a"), auditEvent("a")])]);
    const { pages } = await run(auditV2, auditStart(), context);
    let text = "";
    for await (const piece of pages[1]?.items[0]?.raw() ?? []) text += Buffer.from(piece);
    expect((JSON.parse(text) as { data: unknown[] }).data).toHaveLength(2);
  });

  test("its memory is bounded, and forgets the oldest first", async () => {
    const many = Array.from({ length: MAX_BEFORE + 500 }, (_, index) =>
      auditEvent(`e${index}`, new Date(NOW - 500_000 + index * 10).toISOString()),
    );
    const context = createFakeContext([page(many)]);
    const { cursor } = await run(auditV2, auditStart(), context);
    expect(JSON.stringify(cursor).length).toBeLessThan(350_000);
    const again = createFakeContext([page(many)]);
    again.nowMs = NOW + 60_000;
    const { records } = await run(auditV2, cursor, again);
    expect(ids(records)).toEqual([many.slice(0, 500).map(({ id }) => id)]);
  });

  test("a position of a wrong shape is a StateError", async () => {
    for (const cursor of [null, "x", [], {}, { from: "x" }, { from: 1, to: null, ids: [1] }]) {
      await expect(
        auditV2.page("audit", cursor as Cursor, createFakeContext([])),
      ).rejects.toMatchObject({ name: "StateError", code: "cursor" });
    }
  });
});

describe("records without an id", () => {
  const click = (url: string, extra = {}) => ({ url, date: "2026-03-01T11:58:00+0000", ...extra });
  const clicks = (list: readonly unknown[], next?: string) => page([{ clickLogs: list }], next);
  const clicksAt = (seconds: readonly number[]) =>
    seconds.map((second) => ({ url: "u", date: `2026-03-01T11:58:${second}+0000` }));
  const start = (): Cursor => ttpUrlV2.start("ttp_url", NOW - HOUR_MS, NOW);

  test("equal ones within a page are all taken, and none again later", async () => {
    const first = createFakeContext([clicks([click("u"), click("u"), click("v")])]);
    const { records, cursor } = await run(ttpUrlV2, start(), first);
    expect(records.flat()).toHaveLength(3);
    const second = createFakeContext([clicks([click("u"), click("v"), click("u"), click("u")])]);
    second.nowMs = NOW + 60_000;
    expect((await run(ttpUrlV2, cursor, second)).records.flat()).toHaveLength(1);
  });

  test("equal ones on two pages are all taken, and none again later", async () => {
    const first = createFakeContext([clicks([click("u")], "t1"), clicks([click("u")])]);
    const { records, cursor } = await run(ttpUrlV2, start(), first);
    expect(records.flat()).toHaveLength(2);
    const second = createFakeContext([
      clicks([click("u"), click("u")], "t2"),
      clicks([click("u")]),
    ]);
    second.nowMs = NOW + 60_000;
    expect((await run(ttpUrlV2, cursor, second)).records.flat()).toHaveLength(1);
  });

  test("equal ones are all taken, and none twice, where the walk begins again between them", async () => {
    const context = createFakeContext([
      clicks([click("u")], "t1"),
      refused,
      clicks([click("u")], "t2"),
      clicks([click("u"), click("u")], "t3"),
      refused,
      clicks([click("u"), click("u"), click("u"), click("v")]),
    ]);
    const { records } = await run(ttpUrlV2, start(), context);
    expect(records.flat().toSorted()).toEqual(
      ["u", "u", "u", "v"].map((url) => JSON.stringify(click(url))),
    );
  });

  test("the last records of a page, once more at the head of the next one, are repetitions", async () => {
    const rising = [clicksAt([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]), clicksAt([18, 19, 20])];
    const falling = [clicksAt([20, 19, 18, 17, 16, 15, 14, 13, 12, 11]), clicksAt([12, 11, 10])];
    for (const [first = [], second = []] of [rising, falling]) {
      const context = createFakeContext([clicks(first, "t1"), clicks(second)]);
      expect((await run(ttpUrlV2, start(), context)).records.flat()).toHaveLength(11);
    }
  });

  test.each([
    ["in no order", [10, 12, 11, 13, 14, 15, 16, 17, 18, 19]],
    ["of one second", [19, 19, 19, 19, 19, 19, 19, 19, 18, 19]],
    ["too few to show an order", [18, 19]],
  ])("equal ones are all taken where the records are %s", async (_order, seconds) => {
    const context = createFakeContext([
      clicks(clicksAt(seconds), "t1"),
      clicks(clicksAt([18, 19, 20])),
    ]);
    const { records } = await run(ttpUrlV2, start(), context);
    expect(records.flat()).toHaveLength(seconds.length + 3);
  });

  test("what a checkpoint of the first version knows is not taken again", async () => {
    const [u1, u2] = [1, 2].map((number) =>
      shortHash(`{"date":"${click("u").date}","url":"u"}#${number}`),
    );
    const cursor = {
      from: NOW - 600_000,
      to: null,
      pageToken: null,
      stalls: 0,
      restarted: 0,
      ids: [`t.${u1}`, `zzzzzz.${u2}`],
    };
    const context = createFakeContext([clicks([click("u"), click("u"), click("u")])]);
    const { records, cursor: next } = await run(ttpUrlV2, cursor, context);
    expect(records.flat()).toHaveLength(1);
    expect(next).toMatchObject({ ids: [`zzzzzz.${u2}`] });
  });

  test("the order of the keys does not make another record", async () => {
    const first = createFakeContext([clicks([{ a: { x: 1, y: [2] }, date: "d" }])]);
    const { cursor } = await run(ttpUrlV2, start(), first);
    const second = createFakeContext([clicks([{ date: "d", a: { y: [2], x: 1 } }])]);
    second.nowMs = NOW + 60_000;
    expect((await run(ttpUrlV2, cursor, second)).records).toEqual([]);
  });

  test("two records that differ in the action only are two", async () => {
    const row = { messageId: "<m@example.com>", eventTime: "2026-03-01T11:00:00+0000" };
    const rows = [
      { ...row, action: "hold" },
      { ...row, action: "notification" },
    ];
    const context = createFakeContext([page([{ dlpLogs: rows }])]);
    const from = dlpV1.start("dlp", NOW - HOUR_MS, NOW);
    expect((await run(dlpV1, from, context)).records.flat()).toHaveLength(2);
  });
});

describe("records with an id", () => {
  test("a held message comes once a status", async () => {
    const held = (status: string) => ({ id: "h", status, released: "2026-03-01T11:00:00+0000" });
    const rows = [held("released"), held("rejected"), held("released")];
    const context = createFakeContext([page([{ heldReleaseLogs: rows }])]);
    const from = heldReleaseV1.start("held_release", NOW - HOUR_MS, NOW);
    expect((await run(heldReleaseV1, from, context)).records.flat()).toHaveLength(2);
  });

  test("one id with another message or time is another record, the same one served twice is one", async () => {
    const row = { id: "i", messageId: "<a>", eventTime: "2026-03-01T11:00:00+0000" };
    const other = { ...row, messageId: "<b>" };
    const later = { ...row, eventTime: "2026-03-01T11:00:01+0000" };
    const rows = [row, other, row, later, { ...row, action: "hold" }];
    const context = createFakeContext([page([{ impersonationLogs: rows }])]);
    const from = ttpImpersonationV2.start("ttp_impersonation", NOW - HOUR_MS, NOW);
    const { records } = await run(ttpImpersonationV2, from, context);
    expect(records.flat()).toEqual([row, other, later].map((each) => JSON.stringify(each)));
  });

  test("what a checkpoint of the first version knows by its id is not taken again", async () => {
    const known = `zzzzzz.${shortHash(JSON.stringify(["a"]))}`;
    const cursor = { from: NOW - HOUR_MS, to: null, pageToken: null, stalls: 0, restarted: 0 };
    const context = createFakeContext([page([auditEvent("a"), auditEvent("b")])]);
    const { records } = await run(auditV2, { ...cursor, ids: [known] }, context);
    expect(ids(records)).toEqual([["b"]]);
  });

  test("an empty id is no id", async () => {
    const rows = [
      { id: "", type: 1 },
      { id: "", type: 2 },
    ];
    const context = createFakeContext([page([{ rejections: rows }])]);
    const from = rejectionsV2.start("rejections", NOW - HOUR_MS, NOW);
    expect((await run(rejectionsV2, from, context)).records.flat()).toHaveLength(2);
    expect(context.requests[0]?.body).toMatchObject({ data: [{ admin: true }] });
  });
});

describe("a feed of two endpoints", () => {
  const search = (createTime: string, searchText = "x") => ({ createTime, searchText });
  const searches = (list: readonly unknown[]) => page([{ logs: list }]);
  const [one, two] = ["2026-03-01T11:00:00+0000", "2026-03-01T11:00:01+0000"] as const;
  const start = (): Cursor => archiveSearchV2.start("archive_search", NOW - HOUR_MS, NOW);

  test("takes what either has, and what both have once", async () => {
    const context = createFakeContext([
      searches([search(one), search(one), search(two)]),
      searches([search(one), search(two), search(two), search(two, "y")]),
    ]);
    const { records, cursor, pages } = await run(archiveSearchV2, start(), context);
    expect(records.flat()).toHaveLength(5);
    expect(context.requests.map(({ path }) => path)).toEqual([
      "/api/archive/get-search-logs",
      "/api/archive/get-archive-search-logs",
    ]);
    const keys = pages.flatMap(({ items }) => items.map(({ key }) => key));
    expect(new Set(keys).size).toBe(2);
    expect(cursor).toMatchObject({ endpoint: 0, to: null });
  });

  test("goes on without the second one where a tenant does not have it", async () => {
    const missing = new ApiError("x", { code: "err_not_found", status: 404, retryable: false });
    const context = createFakeContext([searches([search(one)]), missing]);
    const { records, cursor } = await run(archiveSearchV2, start(), context);
    expect(records.flat()).toHaveLength(1);
    expect(cursor).toMatchObject({ endpoint: 0, to: null });
    await expect(run(archiveSearchV2, start(), createFakeContext([missing]))).rejects.toBe(missing);
  });
});

describe("the envelope", () => {
  const ask = (json: unknown): Promise<unknown> =>
    run(ttpUrlV2, ttpUrlV2.start("ttp_url", NOW - HOUR_MS, NOW), createFakeContext([{ json }]));

  test("without data, or with the list under another name, is an error and no end", async () => {
    for (const json of [
      {},
      [],
      { data: null },
      { data: [{ clickLogs: {} }] },
      { data: [{ clicklogs: [{ url: "u" }] }] },
      { data: [{ clicks: { url: "u" } }] },
      { data: [[]] },
      { data: [[{ url: "u" }]] },
      { data: ["u"] },
      { data: [1, { clickLogs: [] }] },
    ]) {
      await expect(ask(json), JSON.stringify(json)).rejects.toMatchObject({
        code: "unexpected_answer",
      });
    }
  });

  test("may hold no list at all where there are no records", async () => {
    for (const data of [[], [{}], [{ resultCount: 0 }], [{ clickLogs: null }], [null]]) {
      await expect(ask({ data }), JSON.stringify(data)).resolves.toMatchObject({ records: [] });
    }
  });

  test("records come out as the text that Mimecast sent, whatever is in them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 }),
        async (rows) => {
          const marked = rows.map((row, index) => ({ ...row, id: `r${index}` }));
          const context = createFakeContext([page(marked)]);
          const { records } = await run(auditV2, auditStart(), context);
          expect(records.flat()).toEqual(marked.map((row) => JSON.stringify(row)));
        },
      ),
    );
  });
});
