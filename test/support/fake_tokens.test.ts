import { afterEach, describe, expect, test } from "vitest";
import { getV2, postV1, postV2 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import type { Fault } from "./fake_mimecast/faults.ts";

const NOW = Date.UTC(2026, 2, 6, 12);
const BATCH = "/siem/v1/batch/events/cg";
const STREAM = "/siem/v1/events/cg";
const FEED = "/api/ttp/threat-intel/get-feed";

let fake: Fake;
async function start(options: FakeOptions = {}): Promise<void> {
  fake = await startFake({ now: () => NOW, ...options });
}
afterEach(() => fake.close());

interface Listing {
  readonly value: readonly { readonly url: string }[];
  readonly "@nextPage": string;
  readonly isCaughtUp: boolean;
}
const list = async (query: Readonly<Record<string, string>>, path = BATCH): Promise<Listing> =>
  (await (await getV2(fake, path, query)).json()) as Listing;

describe("several types joined by commas", () => {
  test.each([
    [BATCH, "receipt,process,url protect"],
    ["/siem/v1/batch/events/ci", "entities,mailflow,urlclick"],
  ])("%s lists the files of all of them, page by page, then what is new", async (path, type) => {
    await start({ records: { siem: 400, cloud_integrated: 60 }, switches: { recordsPerFile: 5 } });
    const alone: string[] = [];
    for (const one of type.split(",")) {
      const { value } = await list({ type: one }, path);
      alone.push(...value.map(({ url }) => new URL(url).pathname));
    }
    const joined: string[] = [];
    let page = await list({ type, pageSize: "7" }, path);
    for (;;) {
      joined.push(...page.value.map(({ url }) => new URL(url).pathname));
      if (page.isCaughtUp) break;
      page = await list({ type, pageSize: "7", nextPage: page["@nextPage"] }, path);
    }
    expect(joined.toSorted()).toEqual(alone.toSorted());
    const next = { type, nextPage: page["@nextPage"] };
    expect((await list(next, path)).value).toEqual([]);
    fake.add({ receipt: 1, entities: 1 });
    expect((await list(next, path)).value).toHaveLength(1);
    expect(fake.violations).toEqual([]);
  });

  test("are refused where the switch says so, and that is no violation", async () => {
    await start({ switches: { joinedTypes: false } });
    expect((await getV2(fake, BATCH, { type: "av,spam" })).status).toBe(400);
    expect((await getV2(fake, BATCH, { type: "av" })).status).toBe(200);
    expect(fake.violations).toEqual([]);
  });
});

describe("page tokens that are no good", () => {
  const fault = (more: Pick<Fault, "path" | "fault"> & Partial<Fault>) =>
    fake.faults.push({ times: 0, ...more });

  test.each([
    [BATCH, { type: "receipt" }],
    [STREAM, {}],
  ])("%s: refused again and again, and by date all is well", async (path, query) => {
    await start({ records: { siem: 100 } });
    fault({ path, fault: "page_token_refused", status: 414 });
    for (let round = 0; round < 3; round++) {
      const { "@nextPage": nextPage } = await list(query, path);
      expect((await getV2(fake, path, { ...query, nextPage })).status).toBe(414);
    }
    expect(fake.violations).toEqual([]);
  });

  test.each([
    [BATCH, { type: "receipt" }],
    [STREAM, {}],
  ])("%s: answered empty for good, or oversized", async (path, query) => {
    await start({ records: { siem: 300 }, switches: { recordsPerFile: 1 } });
    const few = { ...query, pageSize: "5" };
    const { "@nextPage": nextPage } = await list(few, path);
    fault({ path, fault: "page_token_dead" });
    expect(await list({ ...few, nextPage }, path)).toMatchObject({ value: [], isCaughtUp: true });
    fake.faults.length = 0;
    fault({ path, fault: "page_token_oversized", length: 70_000 });
    expect((await list(few, path))["@nextPage"]).toHaveLength(70_000);
  });
});

describe("the threat feed", () => {
  const ask = (more: object) =>
    postV2(fake, FEED, { data: [{ feedType: "malware_customer", fileType: "stix", ...more }] });

  test("with nothing to give answers as it is told", async () => {
    await start();
    expect(await (await ask({})).json()).toMatchObject({ type: "bundle", objects: [] });
    fake.set({ noIndicators: "fail" });
    const answer = await ask({});
    expect(answer.status).toBe(200);
    expect(JSON.stringify(await answer.json())).toContain("err_threat_intel_feed_no_result_found");
  });

  test("refuses a token where it is told to", async () => {
    await start({ records: { threat_intel: 20 } });
    const token = (await ask({})).headers.get("x-mc-threat-feed-next-token");
    fake.faults.push({ path: FEED, fault: "page_token_refused", times: 0 });
    expect((await ask({ token })).status).toBe(400);
    expect((await ask({})).status).toBe(200);
    expect(fake.violations).toEqual([]);
  });
});

test("tells where an account's API is, without Authorization", async () => {
  await start({ api: "1.0" });
  const body = { data: [{ emailAddress: "user@example.com" }] };
  const path = "/api/login/discover-authentication";
  const bare = await fetch(fake.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(await bare.json()).toMatchObject({ data: [{ region: { api: fake.url } }], fail: [] });
  expect((await postV1(fake, path, body, NOW)).status).toBe(200);
  expect(fake.violations).toEqual([]);
});
