import { afterEach, describe, expect, test } from "vitest";
import { postV1 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import { zipEntries } from "./zip_entries.ts";

const PATH = "/api/audit/get-siem-logs";
const START_MS = Date.UTC(2026, 2, 6, 12);
const DAY_MS = 86_400_000;
const LAST = '{"meta":{"isLastToken":true,"status":200},"data":[],"fail":[]}';

let nowMs = START_MS;
let fake: Fake;

async function start(options: FakeOptions): Promise<void> {
  nowMs = START_MS;
  fake = await startFake({ api: "1.0", now: () => nowMs, ...options });
}
afterEach(() => fake.close());

const ask = (item: object = {}) => postV1(fake, PATH, { data: [{ type: "MTA", ...item }] }, nowMs);
const zipped = { compress: true, fileFormat: "json" };
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const withToken = (answer: Response) => ({ token: answer.headers.get("mc-siem-token") ?? "" });
const recordsIn = (content: Buffer): object[] => JSON.parse(content.toString("utf8")).data;

describe("compress: true", () => {
  test("gives zips of files of mixed types until the last token", async () => {
    await start({ records: { siem: 2_000 }, switches: { recordsPerFile: 100, filesPerZip: 8 } });
    const ids: (string | null)[] = [];
    const names: string[] = [];
    let answer = await ask(zipped);
    while (answer.headers.get("content-type") === "application/octet-stream") {
      expect(answer.headers.get("content-disposition")).toContain(".zip");
      for (const { name, content } of await zipEntries(await bytesOf(answer), {
        strictNames: true,
      })) {
        names.push(name);
        ids.push(...recordsIn(content).map((record) => idOf(record)));
      }
      answer = await ask({ ...zipped, ...withToken(answer) });
    }
    expect(await answer.text()).toBe(LAST);
    expect(answer.headers.get("mc-siem-token")).toBeNull();
    expect(ids).toHaveLength(2_000);
    expect(new Set(ids)).toEqual(new Set(fake.ids("siem")));
    expect(fake.handedOut()).toEqual(new Set(ids));
    expect(names.every((name) => /^[a-z_]+_\d{17}\.json$/.test(name))).toBe(true);
    expect(new Set(names.map((name) => name.replace(/_\d+\.json$/, ""))).size).toBe(10);
    expect(new Set(names).size).toBe(names.length);
    expect(fake.violations).toEqual([]);
  });

  test("writes the spaces that Mimecast writes", async () => {
    await start({ records: { journal: 2 } });
    const [entry] = await zipEntries(await bytesOf(await ask(zipped)));
    expect(entry?.content.toString()).toMatch(
      /^\{ "type" : "MTA", "data" : \[ \{.*\}, \{.*\} \] \}$/,
    );
  });

  test("an archive without records is the last token at once", async () => {
    await start({});
    expect(await (await ask(zipped)).text()).toBe(LAST);
  });
});

describe("compress: false", () => {
  test("gives one raw file a request, in JSON", async () => {
    await start({ records: { receipt: 5, spam: 5 }, switches: { recordsPerFile: 5 } });
    const first = await ask({ fileFormat: "JSON" });
    expect(first.headers.get("content-disposition")).toMatch(
      /filename="(receipt|spam)_\d{17}\.json"/,
    );
    expect(recordsIn(await bytesOf(first))).toHaveLength(5);
    const second = await ask({ fileFormat: "json", ...withToken(first) });
    expect(recordsIn(await bytesOf(second))).toHaveLength(5);
    expect(fake.handedOutCount()).toBe(10);
  });

  test.each(["\r\n", "\r", "\n"] as const)(
    "gives key_value by default, ended by %j",
    async (end) => {
      await start({ records: { receipt: 20 }, switches: { keyValueLineEnd: end } });
      const answer = await ask();
      expect(answer.headers.get("content-disposition")).toContain(".siem");
      const text = await answer.text();
      const lines = text.split(end);
      expect(lines.pop()).toBe("");
      expect(lines.map((line) => idOf(line))).toEqual([...fake.ids("receipt")]);
      for (const line of lines) {
        expect(line).toMatch(
          /^datetime=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}\|aCode=[\w-]{21,}\|acc=/,
        );
        expect(line).not.toMatch(/[\r\n]|=null/);
      }
      expect(text).toMatch(/\|Subject=\\[^\\]*\\\|/);
      expect(text).toContain('|SpamProcessingDetail={"rbl":');
    },
  );

  test("escapes the slashes of links", async () => {
    await start({ records: { url_protect: 3 } });
    const text = await (await ask({ fileFormat: "json" })).text();
    expect(text).toContain("https:\\/\\/www.example.org\\/u1-urlp-0\\/");
    expect(text).not.toMatch(/[^\\]\//);
  });
});

describe("the token", () => {
  test("may stand in the last answer too", async () => {
    await start({ switches: { tokenOnLast: true } });
    const last = await ask(zipped);
    expect(withToken(last).token).not.toBe("");
    fake.add({ siem: 20 });
    expect((await ask({ ...zipped, ...withToken(last) })).headers.get("content-type")).toBe(
      "application/octet-stream",
    );
  });

  test.each([200, 400] as const)(
    "that is not known is refused with %i and noted",
    async (status) => {
      await start({ switches: { invalidTokenStatus: status } });
      const answer = await ask({ ...zipped, token: "c2llbQ" });
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain('"code":"err_audit_siem_invalid_token"');
      expect(fake.violations).toMatchObject([{ rule: "siem_token" }]);
    },
  );

  test("lives for seven days, as the files do", async () => {
    await start({ records: { siem: 100 } });
    const old = withToken(await ask(zipped));
    nowMs += 7 * DAY_MS;
    expect((await ask({ ...zipped, ...old })).headers.get("content-type")).toBe("application/json");
    nowMs += 1;
    expect(await (await ask({ ...zipped, ...old })).text()).toContain(
      "err_audit_siem_invalid_token",
    );
    expect(fake.violations).toEqual([]);
    expect(await (await ask(zipped)).text()).toBe(LAST);
    fake.add({ receipt: 1 });
    expect((await zipEntries(await bytesOf(await ask(zipped)))).length).toBe(1);
  });
});

test.each<[string, unknown]>([
  ["a type other than MTA", { data: [{ type: "mta" }] }],
  ["compress as text", { data: [{ type: "MTA", compress: "true" }] }],
  ["an unknown format", { data: [{ type: "MTA", fileFormat: "xml" }] }],
  ["an empty token", { data: [{ type: "MTA", token: "" }] }],
  ["an unknown field", { data: [{ type: "MTA", from: "x" }] }],
  ["paging", { meta: { pagination: { pageSize: 1 } }, data: [{ type: "MTA" }] }],
])("a request with %s is refused and noted", async (_what, body) => {
  await start({});
  expect((await postV1(fake, PATH, body, nowMs)).status).toBe(400);
  expect(fake.violations).toMatchObject([{ path: PATH, rule: "body" }]);
});
