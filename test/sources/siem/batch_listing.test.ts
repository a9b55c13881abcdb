import { describe, expect, it } from "vitest";
import { readListing } from "../../../plugin/sources/siem/batch_listing.ts";
import {
  batchStart,
  freshFiles,
  remembersAll,
} from "../../../plugin/sources/siem/batch_position.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const linked = (key: string) => ({ key, url: `https://s3.example${key}`, size: 1 });

describe("freshFiles()", () => {
  const files = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => linked(`/f${from + index}`));

  it("knows of each file once, and since when it knows of all", () => {
    const start = batchStart("2026-02-28");
    const first = freshFiles(start, [...files(0, 2), ...files(0, 1)], NOW);
    expect(first.files.map(({ key }) => key)).toEqual(["/f0", "/f1"]);
    expect(first.position.knownFromMs).toBe(0);
    expect(freshFiles(first.position, files(1, 2), NOW).files.map(({ key }) => key)).toEqual([
      "/f2",
    ]);
    const old = freshFiles({ ...start, knownFromMs: null }, files(0, 1), NOW);
    expect(old.position.knownFromMs).toBe(NOW);
    expect(freshFiles(start, [], NOW).position).toEqual(start);
  });

  it("knows of all since the oldest that it still remembers, once its memory is full", () => {
    const start = batchStart("2026-02-28");
    const some = freshFiles(start, files(0, 1_999), NOW);
    expect(some.position.knownFromMs).toBe(0);
    const full = freshFiles(some.position, files(1_999, 1), NOW + 5_000);
    expect(full.position.knownFromMs).toBe(NOW);
    const more = freshFiles(full.position, files(2_000, 1_999), NOW + 9_000);
    expect(more.position.knownFromMs).toBe(NOW + 5_000);
    expect(more.position.files).toHaveLength(2_000);
  });
});

describe("remembersAll()", () => {
  const day = Date.UTC(2026, 1, 28);
  it.each([
    [0, true],
    [day, true],
    [day + 1, false],
    [null, false],
  ])("of a list by date, with all files known since %j, is %j", (knownFromMs, expected) => {
    expect(remembersAll({ ...batchStart("2026-02-28"), knownFromMs })).toBe(expected);
  });
});

describe("readListing()", () => {
  const url = "https://s3.eu-west-1.amazonaws.com/a/b.gz?X-Amz-Signature=s";
  const read = (body: unknown) => readListing(body, "/siem/v1/batch/events/cg");

  it("names a file by the path of its link", () => {
    expect(
      read({
        value: [
          { url, size: 7 },
          { url, size: "7" },
        ],
      }).files,
    ).toEqual([
      { key: "/a/b.gz", url, size: 7 },
      { key: "/a/b.gz", url, size: null },
    ]);
  });

  it.each([
    [{}, null, false, null],
    [{ "@nextPage": "" }, null, false, null],
    [{ "@nextPage": 7 }, null, false, null],
    [{ "@nextPage": "t", isCaughtUp: true }, "t", false, true],
    [{ "@nextPage": "t", isCaughtUp: false }, "t", false, false],
    [{ "@nextPage": "t", isCaughtUp: "no" }, "t", false, null],
    [{ "@nextPage": "x".repeat(65_536) }, "x".repeat(65_536), false, null],
    [{ "@nextPage": "x".repeat(65_537) }, null, true, null],
  ])("reads how it goes on (case %#)", (more, nextPage, isTokenTooLong, isCaughtUp) => {
    expect(read({ value: [], ...more })).toEqual({
      files: [],
      nextPage,
      isTokenTooLong,
      isCaughtUp,
    });
  });

  it.each([null, "text", [], {}, { value: {} }, { value: [null] }, { value: [{ url: 7 }] }])(
    "refuses %j",
    (body) => {
      expect(() => read(body)).toThrow(expect.objectContaining({ code: "unexpected_answer" }));
    },
  );
  it("refuses a link that is none", () => {
    expect(() => read({ value: [{ url: "a/b.gz" }] })).toThrow(/no usable "url"/);
  });
});
