import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { getV2, postV1 } from "./fake_client.ts";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import type { FaultKind } from "./fake_mimecast/faults.ts";
import { idOf } from "./fake_mimecast/record_id.ts";
import { zipEntries } from "./zip_entries.ts";

const NOW_MS = Date.UTC(2026, 2, 6, 12);
const SIEM = "/api/audit/get-siem-logs";
const BATCH = "/siem/v1/batch/events/cg";

let fake: Fake;
async function start(options: FakeOptions): Promise<void> {
  fake = await startFake({ now: () => NOW_MS, ...options });
}
afterEach(() => fake.close());

describe("files of API 1.0", () => {
  const item = { type: "MTA", compress: true, fileFormat: "json" };
  const ask = async (fault: FaultKind, more: object = {}) => {
    fake.faults.push({ path: SIEM, fault });
    const answer = await postV1(fake, SIEM, { data: [{ ...item, ...more }] }, NOW_MS);
    return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const two = {
    api: "1.0",
    records: { receipt: 10, process: 10 },
    switches: { recordsPerFile: 10 },
  } as const;

  test("truncated_json is the exact content that is known; the other entry is whole", async () => {
    await start(two);
    const { bytes } = await ask("truncated_json");
    const [first, second] = await zipEntries(bytes);
    expect(first?.content.toString()).toBe('{ "type" : "MTA", "data" : ');
    expect(JSON.parse(String(second?.content)).data).toHaveLength(10);
    expect(fake.handedOutCount()).toBe(10);
  });

  test("truncated_json of a raw file", async () => {
    await start(two);
    const { bytes } = await ask("truncated_json", { compress: false });
    expect(bytes.toString()).toBe('{ "type" : "MTA", "data" : ');
  });

  test("not_a_zip, truncated_zip and empty_body can't be read and hand nothing out", async () => {
    await start(two);
    for (const fault of ["not_a_zip", "truncated_zip", "empty_body"] as const) {
      const { answer, bytes } = await ask(fault);
      expect(answer.headers.get("content-type")).toBe("application/octet-stream");
      expect(answer.headers.get("mc-siem-token")).not.toBeNull();
      await expect(zipEntries(bytes)).rejects.toThrow();
      expect(bytes.length === 0).toBe(fault === "empty_body");
    }
    expect(fake.handedOutCount()).toBe(0);
  });

  test("empty_zip has no entry and moves past nothing", async () => {
    await start(two);
    const { answer, bytes } = await ask("empty_zip");
    expect(await zipEntries(bytes)).toEqual([]);
    const token = answer.headers.get("mc-siem-token");
    const next = await postV1(fake, SIEM, { data: [{ ...item, token }] }, NOW_MS);
    expect(await zipEntries(Buffer.from(await next.arrayBuffer()))).toHaveLength(2);
  });

  test("traversal_name tries to leave the folder; its records are good", async () => {
    await start(two);
    const { bytes } = await ask("traversal_name");
    const [first] = await zipEntries(bytes);
    expect(first?.name).toMatch(/^\.\.\/\.\.\/\.\.\/\.\.\/tmp\//);
    expect(fake.handedOutCount()).toBe(20);
  });

  test("invalid_utf8 puts one wrong byte into a text", async () => {
    await start(two);
    const { bytes } = await ask("invalid_utf8");
    const [first] = await zipEntries(bytes);
    expect(first?.content.filter((byte) => byte === 0xff)).toHaveLength(1);
    expect(JSON.parse(String(first?.content)).data).toHaveLength(10);
  });

  test("empty_data is one more file, without records", async () => {
    await start(two);
    const { bytes } = await ask("empty_data");
    const entries = await zipEntries(bytes);
    expect(entries[0]?.content.toString()).toBe('{ "type" : "MTA", "data" : [] }');
    expect(entries).toHaveLength(3);
  });

  test.each([200, 400])("invalid_siem_token with status %i", async (status) => {
    await start(two);
    fake.faults.push({ path: SIEM, fault: "invalid_siem_token", status });
    const answer = await postV1(fake, SIEM, { data: [item] }, NOW_MS);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain("err_audit_siem_invalid_token");
    expect(fake.violations).toEqual([]);
  });
});

describe("downloads of API 2.0", () => {
  const linkOf = async () => {
    const list = await getV2(fake, BATCH, { type: "receipt" });
    return ((await list.json()) as { value: { url: string }[] }).value[0]?.url ?? "";
  };
  const bytesOf = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

  test("expired_link ends every link to the file until it is listed again", async () => {
    await start({ records: { receipt: 5 } });
    const [early, url] = [await linkOf(), await linkOf()];
    fake.faults.push({ path: "*.gz", fault: "expired_link" });
    for (const link of [url, url, early]) expect((await fetch(link)).status).toBe(403);
    expect((await fetch(await linkOf())).status).toBe(200);
    expect(fake.violations).toEqual([]);
  });

  test.each<[FaultKind, RegExp]>([
    ["crc_damaged", /incorrect data check/],
    ["truncated_gzip", /unexpected end of file/],
  ])("%s can't be unpacked and hands nothing out", async (fault, message) => {
    await start({ records: { receipt: 50 } });
    fake.faults.push({ path: "*.gz", fault });
    const url = await linkOf();
    const bytes = await bytesOf(url);
    expect(() => gunzipSync(bytes)).toThrow(message);
    expect(fake.handedOutCount()).toBe(0);
    expect(
      gunzipSync(await bytesOf(url))
        .toString()
        .split("\n"),
    ).toHaveLength(50);
  });

  test("non_json_line is one line more", async () => {
    await start({ records: { receipt: 5 } });
    fake.faults.push({ path: "*.gz", fault: "non_json_line" });
    const lines = gunzipSync(await bytesOf(await linkOf()))
      .toString()
      .split("\n");
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => !line.startsWith("{"))).toEqual(["This is not JSON"]);
  });

  test("invalid_utf8 puts one wrong byte into a text", async () => {
    await start({ records: { receipt: 5 } });
    fake.faults.push({ path: "*.gz", fault: "invalid_utf8" });
    const bytes = gunzipSync(await bytesOf(await linkOf()));
    expect(bytes.filter((byte) => byte === 0xff)).toHaveLength(1);
    expect(
      bytes
        .toString()
        .split("\n")
        .map((line) => idOf(line)),
    ).toEqual([...fake.ids()]);
  });
});
