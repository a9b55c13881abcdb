import { describe, expect, test } from "vitest";
import type { Cursor, Page } from "../../plugin/sources/source.ts";
import { threatIntelV1, threatIntelV2 } from "../../plugin/sources/threat_intel.ts";
import { type ClientAnswer, createFakeContext } from "../support/fake_context.ts";
import { linesOf } from "../support/source_driver.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
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

  test("an empty bundle with a token moves the place and ends", async () => {
    const page = await pageOf(start(), bundle([], "t1"));
    expect(page).toMatchObject({ items: [], more: false, next: { token: "t1" } });
    const bare = await pageOf(start(), { json: { type: "bundle", id: "bundle--1" } });
    expect(bare).toMatchObject({ items: [], more: false });
  });

  test("without any token the next request begins where this one ended, less the overlap", async () => {
    const page = await pageOf(start(), bundle([object("a")]));
    expect(page.next).toMatchObject({ token: null, from: NOW - 600_000 });
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
