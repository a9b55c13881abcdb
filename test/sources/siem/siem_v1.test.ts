import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../../plugin/errors.ts";
import { siemV1 } from "../../../plugin/sources/siem/siem_v1.ts";
import type { Cursor, Page } from "../../../plugin/sources/source.ts";
import { type ClientAnswer, createFakeContext } from "../../support/fake_context.ts";
import { chunked, collect } from "../../support/fake_effects.ts";
import { writeZip } from "../../support/fake_mimecast/zip_writer.ts";
import { linesOf } from "../../support/source_driver.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const START = siemV1.start("siem", NOW, NOW);
const at = (token: string): Cursor => ({ token, taken: [] });

const zip = (entries: Readonly<Record<string, string>>): Promise<Buffer> =>
  collect(
    writeZip(
      Object.entries(entries).map(([name, text]) => ({
        name,
        content: chunked([Buffer.from(text)]),
      })),
    ),
  );
const json = (...records: readonly object[]): string =>
  JSON.stringify({ type: "MTA", data: records });
const file = (bytes: Uint8Array, token?: string): ClientAnswer => ({
  file: bytes,
  headers: token === undefined ? {} : { "mc-siem-token": token },
});
const LAST = { json: { meta: { isLastToken: true, status: 200 }, data: [], fail: [] } };

const pageOf = (cursor: Cursor, answer: ClientAnswer): Promise<Page> =>
  siemV1.page("siem", cursor, createFakeContext([answer]));
const keys = (page: Page): string[] => page.items.map(({ key }) => key);

async function errorOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no error",
    (error: { code: string }) => error.code,
  );
}

describe("siemV1", () => {
  test("asks for the oldest file without a token, then for what follows the token", async () => {
    const context = createFakeContext([file(await zip({}), "t1"), LAST]);
    const first = await siemV1.page("siem", START, context);
    await siemV1.page("siem", first.next, context);
    const item = { type: "MTA", compress: true, fileFormat: "json" };
    expect(context.requests).toEqual([
      { method: "POST", path: "/api/audit/get-siem-logs", body: { data: [item] } },
      {
        method: "POST",
        path: "/api/audit/get-siem-logs",
        body: { data: [{ ...item, token: "t1" }] },
      },
    ]);
  });

  test("each entry of an archive is an item", async () => {
    const archive = await zip({
      "receipt_20260301.json": json({ acc: "A", n: 1 }, { acc: "A", n: 2 }),
      "process_20260301.json": '{ "type" : "MTA", "data" : [ ] }',
      "old.siem": "datetime=2026-03-01T10:00:00+0000|acc=A\r\ndatetime=x|acc=B\r",
    });
    const page = await pageOf(START, file(archive, "t1"));
    expect(page).toMatchObject({ more: true, next: { token: "t1" }, coveredUntilMs: null });
    expect(keys(page)).toEqual(["receipt_20260301.json", "process_20260301.json", "old.siem"]);
    expect(await Promise.all(page.items.map(linesOf))).toEqual([
      ['{"acc":"A","n":1}', '{"acc":"A","n":2}'],
      [],
      ["datetime=2026-03-01T10:00:00+0000|acc=A", "datetime=x|acc=B"],
    ]);
  });

  test("an archive without files moves the token", async () => {
    const page = await pageOf(at("t1"), file(await zip({}), "t2"));
    expect(page).toMatchObject({ items: [], more: true, next: { token: "t2" } });
  });

  test("a plain file is read by what is in it, gzip included", async () => {
    for (const bytes of [
      Buffer.from(json({ n: 1 })),
      gzipSync(json({ n: 1 })),
      Buffer.from(`\n ${json({ n: 1 })}`),
    ]) {
      const [item] = (await pageOf(START, file(bytes, "t1"))).items;
      expect(item && (await linesOf(item))).toEqual(['{"n":1}']);
      expect(item && (await collect(item.raw())).equals(bytes)).toBe(true);
    }
  });

  test("the end is what Mimecast calls the last token, and the position stays", async () => {
    const page = await pageOf(at("t1"), LAST);
    expect(page).toMatchObject({ items: [], more: false, next: { token: "t1" } });
    expect(page.coveredUntilMs).toBe(NOW - 30 * 60_000);
    const moved = await pageOf(at("t1"), { ...LAST, headers: { "mc-siem-token": "t2" } });
    expect(moved).toMatchObject({ more: false, next: { token: "t2" } });
    const empty = await pageOf(at("t1"), { ...LAST, headers: { "mc-siem-token": "" } });
    expect(empty).toMatchObject({ next: { token: "t1" } });
  });

  test("JSON that is not the end goes on only where the token moves", async () => {
    const json = { meta: { isLastToken: false, status: 200 }, data: [], fail: [] };
    expect(await pageOf(at("t1"), { json })).toMatchObject({ more: false, next: { token: "t1" } });
    expect(await pageOf(at("t1"), { json, headers: { "mc-siem-token": "t2" } })).toMatchObject({
      more: true,
      next: { token: "t2" },
    });
  });

  test("JSON of another shape is an error and no end", async () => {
    for (const json of [{}, [], null, { type: "MTA", data: [{}] }]) {
      expect(await errorOf(pageOf(at("t1"), { json }))).toBe("unexpected_answer");
    }
  });

  test("an answer without a token keeps the position, and its files are not taken twice", async () => {
    const archive = await zip({ "a.json": json({ n: 1 }) });
    const first = await pageOf(at("t1"), file(archive));
    expect(first).toMatchObject({ more: false, next: { token: "t1" } });
    expect(keys(first)).toEqual(["a.json"]);
    const more = await zip({ "a.json": json({ n: 1 }), "b.json": json({ n: 2 }) });
    const second = await pageOf(first.next, file(more));
    expect(keys(second)).toEqual(["b.json"]);
    const third = await pageOf(second.next, file(more, "t2"));
    expect(third).toMatchObject({ items: [], more: true, next: { token: "t2", taken: [] } });
  });

  const lost = (status: number, code = "err_audit_siem_invalid_token") =>
    new ApiError("x", { code, status, retryable: false });
  const pagesOf = async (start: Cursor, answers: readonly ClientAnswer[]) => {
    const context = createFakeContext(answers);
    const pages: Page[] = [];
    for (let cursor = start; context.requests.length < answers.length; ) {
      const page = await siemV1.page("siem", cursor, context);
      cursor = page.next;
      pages.push(page);
    }
    return { pages, context };
  };

  test.each([
    [200, undefined],
    [400, undefined],
    [400, "err_validation_null"],
    [413, "http_413"],
    [500, "http_500"],
  ])(
    "a token that Mimecast refuses (%i %s) is a gap, and begins with the oldest file",
    async (status, code) => {
      const answers = [lost(status, code), file(await zip({ "a.json": json({ n: 1 }) }), "t9")];
      const { pages } = await pagesOf(at("t1"), answers);
      expect(keys(pages[0]!)).toEqual(["a.json"]);
      expect(pages[0]).toMatchObject({ more: true, next: { token: "t9" } });
      expect(pages[0]?.gap?.reason).toContain("token");
      // Without a token there is nothing to give up.
      const refused = lost(status, code);
      await expect(pageOf(START, refused)).rejects.toBe(refused);
    },
  );

  test("a token is kept where Mimecast refuses the request without it too", async () => {
    const [first, second] = [lost(400, "err_validation_null"), lost(400)];
    const context = createFakeContext([first, second]);
    await expect(siemV1.page("siem", at("t1"), context)).rejects.toBe(first);
  });

  test("what is known does not come again, and there is no gap where nothing can be missing", async () => {
    const a = { "a.json": json({ n: 1 }) };
    const sameName = { "a.json": json({ n: 2 }), "b.json": json({ n: 3 }) };
    const { pages } = await pagesOf(START, [
      file(await zip(a), "t1"),
      LAST,
      lost(200),
      file(await zip({ ...a, "c.json": json({ n: 4 }) }), "u1"),
      file(await zip(sameName), "u2"),
      LAST,
      file(await zip(a), "u3"),
    ]);
    expect(pages.map(keys)).toEqual([
      ["a.json"],
      [],
      ["c.json"],
      ["a.json", "b.json"],
      [],
      ["a.json"],
    ]);
    expect(pages.filter(({ gap }) => gap !== undefined)).toEqual([]);
  });

  test("a token that was lost after an outage longer than files live is a gap", async () => {
    const context = createFakeContext([LAST, lost(200), LAST]);
    const first = await siemV1.page("siem", at("t1"), context);
    context.nowMs += 7 * 86_400_000;
    const second = await siemV1.page("siem", first.next, context);
    expect(second.gap?.reason).toContain("token");
  });

  test("each new token refused: a few requests, then an error, and a new beginning later", async () => {
    const archive = await zip({ "a.json": json({ n: 1 }) });
    const answers = Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0 ? lost(400) : file(archive, `t${index}`),
    );
    const context = createFakeContext(answers);
    let cursor = at("t");
    const poll = async (): Promise<string> => {
      try {
        for (;;) {
          const page = await siemV1.page("siem", cursor, context);
          cursor = page.next;
          if (!page.more) return "end";
        }
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(await poll()).toBe("err_audit_siem_invalid_token");
    expect(context.requests.length).toBeLessThan(9);
    context.nowMs += 15 * 60_000;
    expect(await poll()).toBe("err_audit_siem_invalid_token");
    expect(context.requests.length).toBeGreaterThan(9);
  });

  test("an answer that is none, at a token that stays, does not hide the right one", async () => {
    const page = await pageOf(at("t1"), file(Buffer.from("<html>blocked</html>")));
    expect(page.items).toHaveLength(1);
    const right = await pageOf(page.next, file(Buffer.from(json({ n: 1 })), "t2"));
    expect(right.items).toHaveLength(1);
  });

  test("what can't be read is an item that fails, its bytes are kept, and the token is known", async () => {
    const archive = await zip({ "a.json": json({ n: 1 }) });
    for (const [bytes, code] of [
      [Buffer.alloc(0), "empty"],
      [archive.subarray(0, archive.length - 30), "zip"],
      [Buffer.from("this is neither a zip nor JSON"), "not_a_siem_file"],
      [Buffer.from('{ "type" : "MTA", "data" : '), "truncated_json"],
    ] as const) {
      const page = await pageOf(at("t1"), file(bytes, "t2"));
      expect(page).toMatchObject({ more: true, next: { token: "t2" } });
      const [item] = page.items;
      expect(page.items).toHaveLength(1);
      expect(item && (await errorOf(linesOf(item)))).toBe(code);
      expect(item && (await collect(item.raw())).equals(bytes)).toBe(true);
    }
  });

  test("a truncated entry costs itself only", async () => {
    const archive = await zip({
      "cut.json": '{ "type" : "MTA", "data" : ',
      "good.json": json({ n: 1 }),
    });
    const [cut, good] = (await pageOf(START, file(archive, "t1"))).items;
    expect(cut && (await errorOf(linesOf(cut)))).toBe("truncated_json");
    expect(cut && String(await collect(cut.raw()))).toBe('{ "type" : "MTA", "data" : ');
    expect(good && (await linesOf(good))).toEqual(['{"n":1}']);
  });

  test("an entry's name can't become a path", async () => {
    const archive = await zip({ "../../../etc/cron.d/x": json({ n: 1 }) });
    expect(keys(await pageOf(START, file(archive, "t1")))).toEqual(["x"]);
  });
});
