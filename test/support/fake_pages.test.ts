import { afterEach, describe, expect, test } from "vitest";
import { postV2 } from "./fake_client.ts";
import { offsetTime } from "./fake_mimecast/api_time.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import type { SourceName } from "./fake_mimecast/record_types.ts";

interface Page {
  readonly meta: { readonly pagination: { readonly next?: string; readonly pageSize: number } };
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly fail: readonly unknown[];
}

const START_MS = Date.UTC(2026, 2, 6, 12);
const AUDIT = "/api/audit/get-audit-events";
const HOUR_MS = 3_600_000;

let nowMs = START_MS;
let fake: Fake;

async function start(options: FakeOptions): Promise<void> {
  nowMs = START_MS;
  fake = await startFake({ now: () => nowMs, ...options });
}
afterEach(() => fake.close());

const auditRange = (fromMs: number, toMs: number) => ({
  startDateTime: offsetTime(fromMs),
  endDateTime: offsetTime(toMs),
});

async function ask(path: string, item: object, pageToken?: string, pageSize = 100): Promise<Page> {
  const pagination = { pageSize, ...(pageToken === undefined ? {} : { pageToken }) };
  const answer = await postV2(fake, path, { meta: { pagination }, data: [item] });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

/** All pages up to the first empty one, or up to `limit`. */
async function pages(path: string, item: object, pageSize = 100, limit = 50): Promise<Page[]> {
  const found: Page[] = [];
  let token: string | undefined;
  while (found.length < limit) {
    const page = await ask(path, item, token, pageSize);
    found.push(page);
    token = page.meta.pagination.next;
    if (page.data.length === 0 || token === undefined) break;
  }
  return found;
}

const idsOf = (found: readonly Page[]) =>
  found.flatMap(({ data }) => data.map((record) => idOf(record)));

const listIn = (item: Page["data"][number] | undefined, array: string) =>
  (item?.[array] ?? []) as unknown[];

describe("get-audit-events", () => {
  test("gives every record once, newest first", async () => {
    await start({ records: { audit: 250 } });
    const found = await pages(AUDIT, auditRange(START_MS - 24 * HOUR_MS, START_MS));
    expect(found.map(({ data }) => data.length)).toEqual([100, 100, 50, 0]);
    const ids = idsOf(found);
    expect(new Set(ids)).toEqual(new Set(fake.ids("audit")));
    expect(ids).toHaveLength(250);
    const times = found.flatMap(({ data }) => data.map(({ eventTime }) => String(eventTime)));
    expect(times).toEqual(times.toSorted().toReversed());
    expect(fake.handedOut("audit")).toEqual(new Set(ids));
    expect(fake.violations).toEqual([]);
  });

  test("has an empty last page that still names a next one, unless told otherwise", async () => {
    await start({ records: { audit: 3 } });
    const item = auditRange(START_MS - 24 * HOUR_MS, START_MS);
    const [full, empty] = await pages(AUDIT, item);
    expect(full?.data).toHaveLength(3);
    expect(empty?.data).toEqual([]);
    expect(
      (await ask(AUDIT, item, empty?.meta.pagination.next)).meta.pagination.next,
    ).toBeDefined();
    fake.set({ emptyPageWithNext: false });
    expect((await ask(AUDIT, item)).meta.pagination.next).toBeUndefined();
    expect((await ask(AUDIT, item, undefined, 2)).meta.pagination.next).toBeDefined();
  });

  test("includes both ends of the range to the second", async () => {
    await start({});
    for (const offsetMs of [1_000, 1_999, 2_500, 3_000]) {
      fake.add({ audit: 1 }, START_MS - HOUR_MS + offsetMs);
    }
    const found = await pages(
      AUDIT,
      auditRange(START_MS - HOUR_MS + 1_000, START_MS - HOUR_MS + 2_000),
    );
    expect(idsOf(found)).toEqual(["u1-audit-2", "u1-audit-1", "u1-audit-0"]);
  });

  test("goes on where it was while new and late records come", async () => {
    await start({ records: { audit: 40 } });
    const item = auditRange(START_MS - 24 * HOUR_MS, START_MS);
    const first = await ask(AUDIT, item, undefined, 10);
    fake.add({ audit: 5 }, START_MS - 500);
    fake.add({ audit: 2 }, START_MS - 19 * HOUR_MS);
    const second = await ask(AUDIT, item, first.meta.pagination.next, 100);
    const ids = idsOf([first, second]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(42);
    expect(new Set(idsOf(await pages(AUDIT, item)))).toEqual(new Set(fake.ids("audit")));
  });

  test("shows nothing of the future", async () => {
    await start({ records: { audit: 1 } });
    fake.add({ audit: 1 }, START_MS + HOUR_MS);
    const item = auditRange(START_MS - 24 * HOUR_MS, START_MS + 2 * HOUR_MS);
    expect(idsOf(await pages(AUDIT, item))).toEqual(["u1-audit-0"]);
    nowMs += HOUR_MS;
    expect(idsOf(await pages(AUDIT, item))).toEqual(["u1-audit-1", "u1-audit-0"]);
  });

  test("repeats records at the head of a page where the switch says so", async () => {
    await start({ records: { audit: 30 }, switches: { overlapRecords: 3 } });
    const item = auditRange(START_MS - 24 * HOUR_MS, START_MS);
    const [first, second] = await pages(AUDIT, item, 10);
    expect(idsOf(second === undefined ? [] : [second]).slice(0, 3)).toEqual(
      idsOf(first === undefined ? [] : [first]).slice(-3),
    );
    expect(second?.data).toHaveLength(13);
  });
});

describe.each<[SourceName, string, string | null, string, object]>([
  ["ttp_url", "/api/ttp/url/get-logs", "clickLogs", "from", { route: "all", scanResult: "all" }],
  ["ttp_attachment", "/api/ttp/attachment/get-logs", "attachmentLogs", "from", { result: "all" }],
  ["ttp_impersonation", "/api/ttp/impersonation/get-logs", "impersonationLogs", "from", {}],
  ["dlp", "/api/dlp/get-logs", "dlpLogs", "from", {}],
  ["rejections", "/api/gateway/get-rejections", "rejections", "start", { admin: true }],
  ["held_release", "/api/gateway/get-held-release-logs", "heldReleaseLogs", "start", {}],
  ["archive_view", "/api/archive/get-view-logs", null, "start", {}],
])("%s: POST %s", (source, path, array, from, extra) => {
  test("gives every record in its own array", async () => {
    await start({ records: { [source]: 130 } });
    const item = { [from]: offsetTime(START_MS - 24 * HOUR_MS), ...extra };
    const records: unknown[] = [];
    let token: string | undefined;
    for (let page = 0; page < 2; page += 1) {
      const { data, meta, fail } = await ask(path, item, token, 100);
      expect(fail).toEqual([]);
      records.push(...(array === null ? data : listIn(data[0], array)));
      token = meta.pagination.next;
    }
    expect(records.map((record) => idOf(record as object)).toSorted()).toEqual(
      [...fake.ids(source)].toSorted(),
    );
    const last = await ask(path, item, token);
    expect(JSON.stringify(last.data)).toMatch(/^\[(\{"\w+":\[\](,"resultCount":0)?\})?\]$/);
    expect(last.meta.pagination.next).toBeDefined();
    expect(fake.violations).toEqual([]);
  });
});

test("archive searches are in one list, in the other, or in both", async () => {
  await start({ records: { archive_search: 130 } });
  const item = { start: offsetTime(START_MS - 24 * HOUR_MS) };
  const found = await Promise.all(
    ["get-search-logs", "get-archive-search-logs"].map(async (name) => {
      const { data } = await ask(`/api/archive/${name}`, item, undefined, 500);
      return listIn(data[0], "logs").map((record) => idOf(record as object));
    }),
  );
  const [one = [], two = []] = found;
  expect(new Set([...one, ...two])).toEqual(new Set(fake.ids("archive_search")));
  expect(one.filter((id) => two.includes(id)).length).toBeGreaterThan(0);
  expect(one.length).toBeLessThan(100);
  expect(two.length).toBeLessThan(100);
});

test.each([
  ["newest_first", true],
  ["oldest_first", false],
] as const)("the switch order %s counts, whatever is asked for", async (order, oldestFirst) => {
  await start({ records: { ttp_url: 100 }, switches: { order } });
  const { data } = await ask("/api/ttp/url/get-logs", { oldestFirst }, undefined, 500);
  const dates = (listIn(data[0], "clickLogs") as { date: string }[]).map(({ date }) => date);
  const sorted = dates.toSorted();
  expect(dates).toEqual(order === "oldest_first" ? sorted : sorted.reverse());
});

test("equal records are served as often as there are some, also on two pages", async () => {
  await start({ records: { ttp_url: 40 }, switches: { equalRecords: 4 } });
  const item = { from: offsetTime(START_MS - 24 * HOUR_MS), oldestFirst: true };
  const first = await ask("/api/ttp/url/get-logs", item, undefined, 30);
  const second = await ask("/api/ttp/url/get-logs", item, first.meta.pagination.next, 30);
  const texts = [first, second].flatMap(({ data }) =>
    listIn(data[0], "clickLogs").map((record) => JSON.stringify(record)),
  );
  expect(texts).toHaveLength(40);
  expect(new Set(texts).size).toBe(10);
});

test("a page token is refused as often as a fault says, a first page never", async () => {
  await start({ records: { audit: 30 } });
  fake.faults.push({ path: AUDIT, fault: "page_token_refused", times: 2 });
  const item = auditRange(START_MS - 24 * HOUR_MS, START_MS);
  const { meta } = await ask(AUDIT, item, undefined, 10);
  const pagination = { pageSize: 10, pageToken: meta.pagination.next };
  const again = () => postV2(fake, AUDIT, { meta: { pagination }, data: [item] });
  expect((await again()).status).toBe(400);
  expect((await again()).status).toBe(200);
  expect(fake.violations).toEqual([]);
});

test("a clock that is ahead dates answers and records alike", async () => {
  const clockAheadMs = 2 * HOUR_MS;
  await start({ records: { audit: 5 }, switches: { clockAheadMs } });
  fake.add({ audit: 1 });
  const item = auditRange(START_MS + clockAheadMs - 1_000, START_MS + clockAheadMs);
  const body = { meta: { pagination: { pageSize: 10 } }, data: [item] };
  const answer = await postV2(fake, AUDIT, body);
  expect(answer.headers.get("date")).toBe(new Date(START_MS + clockAheadMs).toUTCString());
  expect(((await answer.json()) as Page).data).toHaveLength(1);
});

test("TTP logs come oldest first where that is asked for, from the start of the day by default", async () => {
  await start({ records: { ttp_url: 100 } });
  const { data } = await ask("/api/ttp/url/get-logs", { oldestFirst: true }, undefined, 500);
  const logs = listIn(data[0], "clickLogs") as { date: string }[];
  const dates = logs.map(({ date }) => date);
  expect(dates).toEqual(dates.toSorted());
  expect(dates.length).toBeGreaterThan(50);
  expect(dates.length).toBeLessThan(100);
  expect(dates[0]?.slice(0, 10)).toBe("2026-03-06");
});

describe("get-feed", () => {
  const FEED = "/api/ttp/threat-intel/get-feed";
  const feed = (item: object) =>
    postV2(fake, FEED, { data: [{ feedType: "malware_customer", ...item }] });

  test("gives STIX bundles until a token is missing", async () => {
    await start({ records: { threat_intel: 130 } });
    const ids: (string | null)[] = [];
    let token: string | null = null;
    const sizes: number[] = [];
    do {
      const answer: Response = await feed({
        fileType: "stix",
        ...(token === null ? {} : { token }),
      });
      token = answer.headers.get("x-mc-threat-feed-next-token");
      const { objects, spec_version } = (await answer.json()) as {
        objects: { type: string }[];
        spec_version: string;
      };
      expect(spec_version).toBe("2.0");
      sizes.push(objects.length);
      ids.push(...objects.filter(({ type }) => type === "indicator").map((object) => idOf(object)));
    } while (token !== null);
    expect(sizes).toEqual([300, 90, 0]);
    expect(new Set(ids)).toEqual(new Set(fake.ids("threat_intel")));
    expect(ids).toHaveLength(130);
  });

  test("gives csv by default, and a zip where asked to compress", async () => {
    await start({ records: { threat_intel: 2 } });
    const csv = await feed({});
    expect((await csv.text()).split("\r\n")).toHaveLength(3);
    const zip = await feed({ compress: true });
    expect(zip.headers.get("content-disposition")).toMatch(/malware_customer_csv_\d{17}\.zip/);
    expect(Buffer.from(await zip.arrayBuffer()).readUInt32LE(0)).toBe(0x04034b50);
  });
});
