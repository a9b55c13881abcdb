import { describe, expect, it } from "vitest";
import { SeenIds } from "../../plugin/sources/seen_ids.ts";
import { newRecords, streamTime } from "../../plugin/sources/stream_memory.ts";
import { type StreamPosition, streamStart } from "../../plugin/sources/stream_position.ts";

describe("streamTime()", () => {
  it.each([
    [{ timestamp: 1_700_000_000_000 }, 1_700_000_000_000],
    [{ timestamp: "1700000000000" }, 1_700_000_000_000],
    [{ timestamp: 1 }, 1],
    [{ timestamp: 0 }, null],
    [{ timestamp: -1 }, null],
    [{ timestamp: "" }, null],
    [{ timestamp: "soon" }, null],
    [{ timestamp: Number.POSITIVE_INFINITY }, null],
    [{ timestamp: true }, null],
    [{ timestamp: null }, null],
    [{}, null],
    [[1], null],
    ["1700000000000", null],
    [null, null],
  ])("of %j is %j", (record, timeMs) => {
    expect(streamTime(record)).toBe(timeMs);
  });
});

describe("newRecords()", () => {
  const at = (values: Partial<StreamPosition> = {}) => ({
    ...streamStart(36_000_000, null),
    ...values,
  });
  const withId = { processingId: "p1", timestamp: 72_000_000 };
  const plain = { type: "receipt", timestamp: 72_000_000 };

  it("takes an equal record with an id once, and one without an id as often as it comes", () => {
    const first = newRecords([withId, plain, plain], at());
    expect(first.keep).toEqual([true, true, true]);
    const next = newRecords([plain, withId, plain], at({ ids: first.ids }));
    expect(next.keep).toEqual([true, false, true]);
    const third = newRecords([plain], at({ ids: next.ids }));
    expect(third.keep).toEqual([true]);
  });

  it.each([
    ["an empty id", { ...plain, processingId: "" }],
    ["an id that is no text", { ...plain, processingId: 7 }],
    ["no object", "record"],
  ])("takes a record with %s for one without", (_what, record) => {
    const { ids } = newRecords([record], at());
    expect(newRecords([record], at({ ids })).keep).toEqual([true]);
  });

  it("takes what a page shows again only as far as there is more of it", () => {
    const { ids } = newRecords([plain, plain], at());
    for (const shown of [{ isRedoing: true }, { hasShown: true }]) {
      expect(newRecords([plain, plain, plain], at({ ids, ...shown })).keep).toEqual([
        false,
        false,
        true,
      ]);
    }
  });

  it("remembers a record by its own time, one without at the beginning of what was asked for", () => {
    const { ids } = newRecords([withId, { processingId: "p2" }], at());
    expect(ids.map((id) => Number.parseInt(id.split(".")[0]!, 36))).toEqual([36_000, 72_000]);
    expect(new SeenIds(ids).entries(40_000_000, 9)).toHaveLength(1);
  });
});
