import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { bearer, getV2 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import { typeRow, typesOf } from "./fake_mimecast/record_types.ts";

const START_MS = Date.UTC(2026, 2, 6, 12);
const DAY_MS = 86_400_000;
const BATCH = "/siem/v1/batch/events/cg";
const STREAM = "/siem/v1/events/cg";

let nowMs = START_MS;
let fake: Fake;

async function start(options: FakeOptions): Promise<void> {
  nowMs = START_MS;
  fake = await startFake({ now: () => nowMs, ...options });
}
afterEach(() => fake.close());

interface Listing {
  readonly value: readonly {
    readonly url: string;
    readonly expiry: string;
    readonly size: number;
  }[];
  readonly "@nextPage"?: string;
  readonly isCaughtUp: boolean;
}

async function list(query: Readonly<Record<string, string>>, path = BATCH): Promise<Listing> {
  const answer = await getV2(fake, path, query);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Listing;
}

async function linesOf(url: string): Promise<string[]> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return gunzipSync(Buffer.from(await answer.arrayBuffer()))
    .toString("utf8")
    .split("\n");
}

describe("batch", () => {
  test.each([
    ["cg", "siem"],
    ["ci", "cloud_integrated"],
  ] as const)("gives every record of %s in files of one type", async (family, source) => {
    await start({ records: { [source]: 900 }, switches: { recordsPerFile: 20 } });
    const ids: (string | null)[] = [];
    for (const type of typesOf(source)) {
      const name = typeRow(type).v2 ?? "";
      let query: Record<string, string> = { type: name, dateRangeStartsAt: "2026-03-05" };
      for (;;) {
        const page = await list({ ...query, pageSize: "3" }, `/siem/v1/batch/events/${family}`);
        for (const { url } of page.value) {
          const lines = await linesOf(url);
          for (const line of lines) expect(JSON.parse(line)).toMatchObject({ type: name });
          ids.push(...lines.map((line) => idOf(line)));
        }
        query = { type: name, nextPage: page["@nextPage"] ?? "" };
        if (page.isCaughtUp) break;
        expect(page.value).toHaveLength(3);
      }
      const last = await list(query, `/siem/v1/batch/events/${family}`);
      expect(last).toEqual({ value: [], "@nextPage": query.nextPage, isCaughtUp: true });
    }
    expect(ids).toHaveLength(900);
    expect(new Set(ids)).toEqual(new Set(fake.ids(source)));
    expect(fake.handedOut()).toEqual(new Set(ids));
    expect(fake.violations).toEqual([]);
  });

  test("goes on with new files from the token of a caught-up page", async () => {
    await start({ records: { receipt: 10 } });
    const first = await list({ type: "receipt" });
    const token = { type: "receipt", nextPage: first["@nextPage"] ?? "" };
    expect((await list(token)).value).toEqual([]);
    nowMs += 900_000;
    fake.add({ receipt: 4 });
    const later = await list(token);
    expect(later.value).toHaveLength(1);
    expect((await linesOf(later.value[0]?.url ?? "")).map((line) => idOf(line))).toEqual(
      [10, 11, 12, 13].map((index) => `u1-receipt-${index}`),
    );
    expect(later["@nextPage"]).not.toBe(token.nextPage);
  });

  test("begins at a day, whole", async () => {
    await start({});
    for (const day of [3, 2, 1, 0]) fake.add({ spam: 1 }, START_MS - day * DAY_MS);
    const from = async (day: string) =>
      (await list({ type: "spam", dateRangeStartsAt: day, dateRangeEndsAt: "2026-03-06" })).value
        .length;
    expect(await from("2026-02-27")).toBe(4);
    expect(await from("2026-03-04")).toBe(3);
    expect(await from("2026-03-06")).toBe(1);
  });

  test("gives the size of the gzip and serves it as a file", async () => {
    await start({ records: { delivery: 50 } });
    const [file] = (await list({ type: "delivery" })).value;
    const answer = await fetch(file?.url ?? "");
    expect(answer.headers.get("content-type")).toBe("application/gzip");
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect((await answer.arrayBuffer()).byteLength).toBe(file?.size);
  });

  test("an empty type is caught up and has a token", async () => {
    await start({});
    expect(await list({ type: "av" })).toMatchObject({
      value: [],
      "@nextPage": expect.any(String),
      isCaughtUp: true,
    });
  });
});

describe("a pre-signed link", () => {
  const linkOf = async () => {
    await start({ records: { receipt: 3 } });
    const [file] = (await list({ type: "receipt" })).value;
    return { url: file?.url ?? "", expiryMs: Date.parse(file?.expiry ?? "") };
  };

  test("is another host and ends after half an hour, until it is listed again", async () => {
    const { url, expiryMs } = await linkOf();
    expect(new URL(url).origin).toBe(fake.downloadUrl);
    expect(expiryMs).toBe(START_MS + 1_800_000);
    nowMs = expiryMs - 1;
    expect((await fetch(url)).status).toBe(200);
    nowMs = expiryMs;
    const late = await fetch(url);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain("<Code>AccessDenied</Code>");
    const [again] = (await list({ type: "receipt" })).value;
    expect(new URL(again?.url ?? "").pathname).toBe(new URL(url).pathname);
    expect((await fetch(again?.url ?? "")).status).toBe(200);
    expect(fake.violations).toEqual([]);
  });

  test("refuses Authorization and notes it", async () => {
    const { url } = await linkOf();
    expect((await fetch(url, { headers: await bearer(fake) })).status).toBe(400);
    expect(fake.violations).toMatchObject([{ rule: "link" }]);
  });

  test.each<[string, (url: string) => string]>([
    ["signature", (url) => url.replace(/Signature=../, "Signature=00")],
    ["path", (url) => url.replace("receipt_0", "receipt_1")],
    ["lifetime", (url) => url.replace("Expires=1800", "Expires=9999")],
    ["query", (url) => `${url}&x=1`],
    ["lack of a query", (url) => url.split("?")[0] ?? ""],
  ])("with a changed %s is refused and noted", async (_what, change) => {
    const { url } = await linkOf();
    expect((await fetch(change(url))).status).toBe(403);
    expect(fake.violations).toMatchObject([{ rule: "link" }]);
  });

  test("takes GET only", async () => {
    const { url } = await linkOf();
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
    expect(fake.violations).toMatchObject([{ rule: "method" }]);
  });
});

describe("streaming", () => {
  interface Events {
    readonly value: readonly Readonly<Record<string, unknown>>[];
    readonly "@nextPage": string;
    readonly "@nextLink": string;
    readonly pageSize: number;
    readonly isCaughtUp: boolean;
  }
  const ask = async (query: Readonly<Record<string, string>>, path = STREAM): Promise<Events> => {
    const answer = await getV2(fake, path, query);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Events;
  };

  test("gives the records of all types, oldest first, in the spelling of streaming", async () => {
    await start({ records: { siem: 450, cloud_integrated: 9 } });
    const seen: Events["value"][number][] = [];
    let page = await ask({ dateRangeStartsAt: new Date(START_MS - DAY_MS + 60_000).toISOString() });
    seen.push(...page.value);
    while (!page.isCaughtUp) {
      page = await ask({ nextPage: page["@nextPage"] });
      seen.push(...page.value);
    }
    expect(seen.map((event) => idOf(event)).toSorted()).toEqual([...fake.ids("siem")].toSorted());
    const times = seen.map(({ timestamp }) => Number(timestamp));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const event of seen) {
      expect(event).toHaveProperty("eventType");
      expect(event).toHaveProperty("subType");
      expect(event).not.toHaveProperty("_offset");
    }
    fake.add({ spam: 2 });
    const more = await ask({ nextPage: page["@nextPage"] });
    expect(more.value.map((event) => idOf(event))).toHaveLength(2);
    expect(fake.violations).toEqual([]);
  });

  test("narrows to types, and knows the other family", async () => {
    await start({ records: { siem: 100, cloud_integrated: 20 } });
    const some = await ask({ types: "spam,url protect", pageSize: "100" });
    expect(new Set(some.value.map(({ eventType }) => eventType))).toEqual(
      new Set(["spam", "url protect"]),
    );
    const mail = await ask({}, "/siem/v1/events/ci");
    expect(mail.value).toHaveLength(20);
  });

  test.each([
    ["older than 24 hours", START_MS - DAY_MS - 1, START_MS],
    ["without length", START_MS - 1, START_MS - 1],
  ])("refuses a range %s", async (_what, fromMs, toMs) => {
    await start({});
    const answer = await getV2(fake, STREAM, {
      dateRangeStartsAt: new Date(fromMs).toISOString(),
      dateRangeEndsAt: new Date(toMs).toISOString(),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "invalid_date_range" } });
  });
});
