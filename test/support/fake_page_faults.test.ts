import { afterEach, describe, expect, test } from "vitest";
import { getV2, postV2 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";

const NOW_MS = Date.UTC(2026, 2, 6, 12);
const AUDIT = "/api/audit/get-audit-events";
const BATCH = "/siem/v1/batch/events/cg";
const STREAM = "/siem/v1/events/cg";

let fake: Fake;
async function start(options: FakeOptions): Promise<void> {
  fake = await startFake({ now: () => NOW_MS, ...options });
}
afterEach(() => fake.close());

describe("pages of /api/*", () => {
  const range = {
    startDateTime: "2026-03-05T12:00:00+0000",
    endDateTime: "2026-03-06T12:00:00+0000",
  };
  const ask = async (pageToken?: string) => {
    const pagination = { pageSize: 10, ...(pageToken === undefined ? {} : { pageToken }) };
    const answer = await postV2(fake, AUDIT, { meta: { pagination }, data: [range] });
    const { data, meta } = (await answer.json()) as {
      data: object[];
      meta: { pagination: { next: string } };
    };
    return { ids: data.map((record) => idOf(record)), next: meta.pagination.next };
  };

  test("repeated_page gives the page before, and the way on from it", async () => {
    await start({ records: { audit: 25 } });
    const first = await ask();
    fake.faults.push({ path: AUDIT, fault: "repeated_page" });
    const again = await ask(first.next);
    expect(again.ids).toEqual(first.ids);
    const second = await ask(again.next);
    expect(second.ids).not.toEqual(first.ids);
    expect(new Set([...first.ids, ...second.ids]).size).toBe(20);
  });

  test("duplicate_records begins with the end of the page before", async () => {
    await start({ records: { audit: 25 } });
    const first = await ask();
    fake.faults.push({ path: AUDIT, fault: "duplicate_records" });
    const second = await ask(first.next);
    expect(second.ids.slice(0, 2)).toEqual(first.ids.slice(-2));
    expect(second.ids).toHaveLength(12);
  });
});

describe("pages of SIEM links", () => {
  const list = async (query: Readonly<Record<string, string>> = {}) => {
    const answer = await getV2(fake, BATCH, { type: "receipt", pageSize: "2", ...query });
    const page = (await answer.json()) as {
      value: { url: string }[];
      "@nextPage": string;
      isCaughtUp: boolean;
    };
    return { ...page, paths: page.value.map(({ url }) => new URL(url).pathname.split("_").at(-1)) };
  };
  const six = { records: { receipt: 6 }, switches: { recordsPerFile: 1 } } as const;

  test("repeated_page lists the page before and does not move", async () => {
    await start(six);
    const first = await list();
    fake.faults.push({ path: BATCH, fault: "repeated_page" });
    const again = await list({ nextPage: first["@nextPage"] });
    expect(again.paths).toEqual(["0.json.gz", "1.json.gz"]);
    expect(again["@nextPage"]).toBe(first["@nextPage"]);
    expect((await list({ nextPage: again["@nextPage"] })).paths).toEqual([
      "2.json.gz",
      "3.json.gz",
    ]);
  });

  test("empty_page has a token that leads on", async () => {
    await start(six);
    fake.faults.push({ path: BATCH, fault: "empty_page" });
    const empty = await list();
    expect(empty).toMatchObject({ value: [], isCaughtUp: false });
    expect((await list({ nextPage: empty["@nextPage"] })).paths).toEqual([
      "0.json.gz",
      "1.json.gz",
    ]);
  });

  test("duplicate_urls repeats files within the page and from the page before", async () => {
    await start(six);
    const first = await list();
    fake.faults.push({ path: BATCH, fault: "duplicate_urls" });
    const second = await list({ nextPage: first["@nextPage"] });
    expect(second.paths).toEqual(["1.json.gz", "2.json.gz", "3.json.gz", "2.json.gz"]);
    expect(new Set(second.value.map(({ url }) => url)).size).toBe(4);
  });

  test("missing_next_page leaves @nextPage out", async () => {
    await start(six);
    fake.faults.push({ path: BATCH, fault: "missing_next_page" });
    expect(await list()).not.toHaveProperty("@nextPage");
  });

  test("streaming: repeated_page, duplicate_records and empty_page", async () => {
    await start({ records: { siem: 60 } });
    const ask = async (query: Readonly<Record<string, string>>) => {
      const answer = await getV2(fake, STREAM, { pageSize: "20", ...query });
      const page = (await answer.json()) as {
        value: object[];
        "@nextPage": string;
        isCaughtUp: boolean;
      };
      return { ...page, ids: page.value.map((event) => idOf(event)) };
    };
    const first = await ask({});
    fake.faults.push({ path: STREAM, fault: "repeated_page" });
    const repeated = await ask({ nextPage: first["@nextPage"] });
    expect(repeated.ids).toEqual(first.ids.slice(-3));
    expect(repeated.isCaughtUp).toBe(false);
    fake.faults.push({ path: STREAM, fault: "duplicate_records" });
    const second = await ask({ nextPage: repeated["@nextPage"] });
    expect(second.ids.slice(0, 3)).toEqual(first.ids.slice(-3));
    expect(second.ids).toHaveLength(23);
    fake.faults.push({ path: STREAM, fault: "empty_page" });
    const empty = await ask({ nextPage: second["@nextPage"] });
    expect(empty).toMatchObject({ value: [], isCaughtUp: false });
    const third = await ask({ nextPage: empty["@nextPage"] });
    expect(new Set([...first.ids, ...second.ids, ...third.ids]).size).toBe(60);
  });
});
