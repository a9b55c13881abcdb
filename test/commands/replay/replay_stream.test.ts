import { describe, expect, it } from "vitest";
import {
  type ReplayWork,
  replayStream,
  type Wanted,
} from "../../../plugin/commands/replay/replay_stream.ts";
import { stdoutDelivery } from "../../../plugin/deliver/stdout.ts";
import { ApiError, DecodeError, LinkExpiredError } from "../../../plugin/errors.ts";
import type { Replay } from "../../../plugin/sources/source.ts";
import { createFakeEffects } from "../../support/fake_effects.ts";
import {
  type ScriptedItem,
  type ScriptedPage,
  scriptedEngine,
  scriptedSource,
} from "../../support/scripted.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const DAY = 86_400_000;

const PLAIN: Replay = {
  range: () => [0],
  ended: (_next, what) => what === "gap",
  timeKey: null,
  again: (cursor) => cursor,
  missed: (items, key) => items.filter((item) => item.key === key),
  stored: async () => [],
};

function started(
  pageAt: (cursor: number) => ScriptedPage | undefined,
  replay: Partial<Replay> = {},
  work: Partial<ReplayWork> = {},
) {
  const effects = createFakeEffects({ now: NOW });
  const source = { ...scriptedSource(pageAt), replay: { ...PLAIN, ...replay } };
  const forgotten = { count: 0 };
  const go = (wanted: Wanted) =>
    replayStream(
      {
        source,
        stream: "audit",
        context: {
          client: {} as ReplayWork["context"]["client"],
          now: () => effects.now(),
          overlapMs: 0,
          spool: async () => ({ path: "", size: 0 }),
        },
        log: effects.log,
        engine: scriptedEngine(),
        delivery: stdoutDelivery(effects, "once"),
        checkStop: () => {},
        forgetPage: async () => {
          forgotten.count++;
        },
        ...work,
      },
      wanted,
    );
  const lines = () => effects.output().split("\n").slice(0, -1);
  return { effects, source, forgotten, go, lines };
}

const item = (key: string, values: Partial<ScriptedItem> = {}): ScriptedItem => ({
  key,
  records: [`${key}1`, `${key}2`, `${key}3`],
  ...values,
});
const range: Wanted = { kind: "range", fromMs: NOW - DAY, toMs: NOW };
const gap = (name: string, cursor = 0): Wanted => ({ kind: "gap", cursor, item: name });

/** Breaks behind two records the first `times` times. */
function breaking(times: number, error: Error): NonNullable<ScriptedItem["fail"]> {
  let left = times;
  return () => (left-- > 0 ? { after: 2, error } : null);
}

const damaged = new DecodeError("Cannot read it", { code: "gzip" });
const expired = new LinkExpiredError("expired", { code: "link_expired" });

describe("replayStream() of a gap", () => {
  it("writes the missed item of that page and nothing else", async () => {
    const { go, lines, source } = started((cursor) => ({ items: [item(`a${cursor}`), item("b")] }));
    expect(await go(gap("b", 7))).toEqual({ pages: 1, items: 1, records: 3, malformed: 0 });
    expect(lines()).toEqual(["b1", "b2", "b3"]);
    expect(source.asked).toEqual([7]);
  });

  it("walks from the position that the source says, while it says so", async () => {
    const { go, lines, source } = started((cursor) => ({ items: [item(`a${cursor}`)] }), {
      again: (cursor) => Number(cursor) - 1,
      missed: (items) => items,
      ended: (next) => next === 8,
    });
    await go(gap("whatever", 7));
    expect(source.asked).toEqual([6, 7]);
    expect(lines()).toHaveLength(6);
  });

  it.each([
    ["the list names it no more", { items: [item("a")] }, /the list names "b" no more/],
    ["Mimecast has lost the position", { items: [], gap: "older files are lost" }, /older files/],
  ])("says that it is gone where %s", async (_what, page, message) => {
    const { go } = started(() => page);
    const error = await go(gap("b")).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "replay_gone", message: expect.stringMatching(message) });
    expect((error as ApiError).hint).toContain("--file");
  });

  it.each([damaged, expired])(
    "asks again for a fresh link, and repeats no line: %s",
    async (error) => {
      const broken = item("b", { blockRecords: 1, fail: breaking(2, error) });
      const { go, lines, source, forgotten } = started(() => ({ items: [broken] }));
      expect(await go(gap("b"))).toMatchObject({ items: 1, records: 3 });
      expect(lines()).toEqual(["b1", "b2", "b3"]);
      expect(source.asked).toEqual([0, 0, 0]);
      expect(forgotten.count).toBe(3);
    },
  );

  it("gives up after that, with the item's own error", async () => {
    const broken = item("b", { fail: breaking(3, damaged) });
    const { go } = started(() => ({ items: [broken] }));
    await expect(go(gap("b"))).rejects.toBe(damaged);
  });

  it("writes all of an item that is another one at the second attempt", async () => {
    let first = true;
    const page = () => {
      const broken = item("b", { blockRecords: 1, fail: breaking(1, damaged) });
      const other = item("b", { records: ["x1", "x2", "x3"] });
      const items = [first ? broken : other];
      first = false;
      return { items };
    };
    const { go, lines } = started(page);
    await go(gap("b"));
    expect(lines()).toEqual(["b1", "b2", "x1", "x2", "x3"]);
  });
});

describe("replayStream() of a stretch of time", () => {
  it("walks every window to its end", async () => {
    const { go, lines, source } = started(
      (cursor) => (cursor % 10 < 2 ? { items: [item(`p${cursor}-`)] } : undefined),
      { range: () => [0, 10], ended: (next) => Number(next) % 10 === 2 },
    );
    expect(await go(range)).toEqual({ pages: 4, items: 4, records: 12, malformed: 0 });
    expect(source.asked).toEqual([0, 1, 10, 11]);
    expect(lines().filter((line) => line.endsWith("1"))).toEqual([
      "p0-1",
      "p1-1",
      "p10-1",
      "p11-1",
    ]);
  });

  it("drops records outside of it, and ends a day behind it", async () => {
    const page = (cursor: number): ScriptedPage => {
      const timestamps = [0, 12 * 3_600_000].map((ms) => NOW - 4 * DAY + cursor * DAY + ms);
      return {
        items: [
          item(`${cursor}`, {
            records: timestamps.map((timestamp) => JSON.stringify({ timestamp })),
          }),
        ],
      };
    };
    const { go, lines, source } = started(page, { timeKey: "timestamp" });
    const wanted: Wanted = { kind: "range", fromMs: NOW - 3.5 * DAY, toMs: NOW - 3 * DAY };
    expect(await go(wanted)).toMatchObject({ records: 2 });
    expect(lines()).toEqual([
      JSON.stringify({ timestamp: NOW - 3.5 * DAY }),
      JSON.stringify({ timestamp: NOW - 3 * DAY }),
    ]);
    // Days 0 and 1 hold some, 2 is read for late ones, 3 shows that it is over.
    expect(source.asked).toEqual([0, 1, 2, 3]);
  });

  it("ends where Mimecast has no more", async () => {
    const { go, source } = started((cursor) => (cursor < 3 ? { items: [] } : undefined));
    expect(await go(range)).toMatchObject({ pages: 3, items: 0, records: 0 });
    expect(source.asked).toEqual([0, 1, 2]);
  });

  it("is ended between two chunks", async () => {
    let left = 2;
    const checkStop = () => {
      if (left-- === 0) throw new Error("SIGTERM");
    };
    const { go, lines } = started(() => ({ items: [item("a"), item("b")] }), {}, { checkStop });
    await expect(go(range)).rejects.toThrow("SIGTERM");
    expect(lines()).toEqual(["a1", "a2"]);
  });
});

describe("replayStream() without a delivery", () => {
  it("counts files and reads none of them", async () => {
    let read = 0;
    const files = [item("a"), item("b")].map((each) => ({
      ...each,
      fail: () => {
        read++;
        return null;
      },
    }));
    const { go, lines } = started(
      (cursor) => (cursor === 0 ? { items: files } : undefined),
      { timeKey: "timestamp" },
      { delivery: null },
    );
    expect(await go(range)).toEqual({ pages: 1, items: 2, records: null, malformed: 0 });
    expect(await go(gap("b"))).toMatchObject({ items: 1, records: null });
    expect(read).toBe(0);
    expect(lines()).toEqual([]);
  });

  it("counts the records of pages that hold them, and writes none", async () => {
    const { go, lines } = started(
      (cursor) => (cursor === 0 ? { items: [item("a")] } : undefined),
      {},
      { delivery: null },
    );
    expect(await go(range)).toMatchObject({ items: 1, records: 3 });
    expect(lines()).toEqual([]);
  });
});
