import { describe, expect, test } from "vitest";
import { sourceNamed } from "../../../plugin/sources/registry.ts";
import type { Cursor } from "../../../plugin/sources/source.ts";
import { collect, createModel, type WindowModel } from "../../support/window_model.ts";

const auditV2 = sourceNamed("2.0", "audit");
const ttpUrlV2 = sourceNamed("2.0", "ttp_url");

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** One record a minute over a stretch, there at once. */
function everyMinute(model: WindowModel, fromMs: number, toMs: number): string[] {
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) {
    model.records.push({ name: `r${(atMs - NOW) / MINUTE_MS}`, atMs, shownMs: atMs });
  }
  return model.records.map(({ name }) => name);
}

/** This host's clock at each poll, in minutes ahead. */
const CLOCKS: Readonly<Record<string, (poll: number) => number>> = {
  "11 minutes ahead": () => 11,
  "15 minutes ahead": () => 15,
  "2 hours ahead for one poll": (poll) => (poll === 4 ? 120 : 0),
  "a year ahead": () => 525_600,
  "a year ahead for one poll": (poll) => (poll === 4 ? 525_600 : 0),
  "2 hours behind": () => -120,
  "2 hours behind for one poll": (poll) => (poll === 4 ? -120 : 0),
  "2 years behind": () => -1_051_200,
  jumping: (poll) => [0, 300, -45, 12, -600][poll % 5] as number,
};

/** This host's clock at each poll, in minutes ahead, where no answer tells the time. */
const UNDATED_CLOCKS: Readonly<Record<string, (poll: number) => number>> = {
  right: () => 0,
  "15 minutes ahead": () => 15,
  "20 hours ahead": () => 1_200,
  "2 hours ahead for one poll": (poll) => (poll === 4 ? 120 : 0),
  "2 hours behind for one poll": (poll) => (poll === 4 ? -120 : 0),
};

function fromOf({ cursor }: { readonly cursor: Cursor }): number {
  return (cursor as { readonly from: number }).from;
}

describe.each([auditV2, ttpUrlV2])("$name under a clock that is wrong", (source) => {
  for (const [name, aheadMinutes] of Object.entries(CLOCKS)) {
    for (const isNew of [true, false]) {
      test(`${name}, ${isNew ? "a process for each poll" : "one process"}: every record comes once`, async () => {
        const model = createModel(NOW);
        const names = everyMinute(model, NOW - HOUR_MS, NOW + 8 * HOUR_MS);
        model.aheadMs = aheadMinutes(0) * MINUTE_MS;
        const collector = collect(model, source, HOUR_MS);
        for (let poll = 0; poll < 36; poll++) {
          model.aheadMs = aheadMinutes(poll) * MINUTE_MS;
          if (isNew) collector.kill();
          await collector.poll();
          model.trueMs += 15 * MINUTE_MS;
        }
        expect(collector.names.toSorted()).toEqual(names.toSorted());
        expect(collector.gaps).toEqual([]);
      });
    }
  }

  describe("where the answers have no Date", () => {
    for (const isOldestFirst of [true, false]) {
      const order = isOldestFirst ? "oldest first" : "newest first";
      for (const [name, aheadMinutes] of Object.entries(UNDATED_CLOCKS)) {
        test(`${name}, ${order}: every record comes once`, async () => {
          const model = createModel(NOW, { isDated: false, isOldestFirst, pageSize: 20 });
          const names = everyMinute(model, NOW - HOUR_MS, NOW + 8 * HOUR_MS);
          const collector = collect(model, source, HOUR_MS);
          for (let poll = 0; poll < 36; poll++) {
            model.aheadMs = aheadMinutes(poll) * MINUTE_MS;
            await collector.poll();
            model.trueMs += 15 * MINUTE_MS;
          }
          model.aheadMs = 0;
          await collector.poll();
          expect(collector.names.toSorted()).toEqual(names.toSorted());
          expect(collector.gaps).toEqual([]);
        });
      }

      test(`a busy feed moves on, ${order}, and its records come once`, async () => {
        const model = createModel(NOW, { isDated: false, isOldestFirst });
        // 600 records in each overlap: more than a page.
        for (let atMs = NOW - HOUR_MS; atMs < NOW + 2 * HOUR_MS; atMs += 1_000) {
          model.records.push({ name: `r${atMs}`, atMs, shownMs: atMs });
        }
        const collector = collect(model, source, HOUR_MS);
        for (let poll = 0; poll < 9; poll++, model.trueMs += 15 * MINUTE_MS) {
          model.aheadMs = 2 * HOUR_MS * (poll % 2);
          await collector.poll();
          if (poll > 0) {
            expect(fromOf(collector)).toBeGreaterThanOrEqual(model.trueMs - 10 * MINUTE_MS - 1_000);
          }
        }
        expect(collector.names).toHaveLength(3 * 3_600);
        expect(new Set(collector.names).size).toBe(3 * 3_600);
      });
    }

    test("a record that shows up within the overlap of the newest one comes", async () => {
      const model = createModel(NOW, { isDated: false, aheadMs: 2 * HOUR_MS });
      everyMinute(model, NOW - HOUR_MS, NOW);
      const collector = collect(model, source, 4 * HOUR_MS);
      await collector.poll();
      const atMs = NOW - 9 * MINUTE_MS;
      model.records.push({ name: "late", atMs, shownMs: NOW + MINUTE_MS });
      model.trueMs += 15 * MINUTE_MS;
      await collector.poll();
      expect(collector.names).toContain("late");
      expect(new Set(collector.names).size).toBe(collector.names.length);
    });

    test("a quiet feed moves on behind its clock by a day, and each poll ends", async () => {
      const model = createModel(NOW, { isDated: false });
      const collector = collect(model, source, HOUR_MS);
      for (let day = 0; day < 5; day++, model.trueMs += DAY_MS) await collector.poll();
      expect(fromOf(collector)).toBe(model.trueMs - 2 * DAY_MS - 10 * MINUTE_MS);
      const { length } = model.asked;
      await collector.poll();
      expect(model.asked.length).toBeLessThanOrEqual(length + 2);
    });

    test("a back-fill of quiet weeks comes to an end at the first poll", async () => {
      const model = createModel(NOW, { isDated: false });
      model.records.push({ name: "old", atMs: NOW - 29 * DAY_MS, shownMs: 0 });
      model.records.push({ name: "new", atMs: NOW - HOUR_MS, shownMs: 0 });
      const collector = collect(model, source, 30 * DAY_MS);
      await collector.poll();
      expect(collector.names.toSorted()).toEqual(["new", "old"]);
      expect(model.asked.length).toBeLessThan(40);
    });
  });
});

describe("the overlap", () => {
  test.each([1, 15, 240])(
    "is counted from when a window was asked for, %i minutes before its last page",
    async (pause) => {
      const model = createModel(NOW);
      for (let index = 0; index < 800; index++) {
        const atMs = NOW - 2 * MINUTE_MS - index * 4_000;
        model.records.push({ name: `r${index}`, atMs, shownMs: 0 });
      }
      const late = { name: "late", atMs: NOW - MINUTE_MS, shownMs: NOW + 2 * MINUTE_MS };
      model.records.push(late);
      const collector = collect(model, auditV2, HOUR_MS);
      await collector.page();
      await collector.page();
      model.trueMs += pause * MINUTE_MS;
      collector.kill();
      for (let poll = 0; poll < 6; poll++, model.trueMs += 15 * MINUTE_MS) await collector.poll();
      expect(collector.names).toContain("late");
      expect(collector.names).toHaveLength(801);
    },
  );

  test("is asked for again once a minute where the feed is polled every second", async () => {
    const model = createModel(NOW, { pageSize: 100 });
    const collector = collect(model, auditV2, HOUR_MS);
    const names: string[] = [];
    let deep = 0;
    for (let second = 0; second < 300; second++, model.trueMs += 1_000) {
      const delayMs = [0, 5_000, 120_000, 590_000][second % 4] as number;
      names.push(`r${second}`);
      model.records.push({
        name: `r${second}`,
        atMs: model.trueMs,
        shownMs: model.trueMs + delayMs,
      });
      const before = model.asked.length;
      await collector.poll();
      if (model.asked.slice(before).some(({ fromMs }) => fromMs <= model.trueMs - 500_000)) deep++;
    }
    expect(deep).toBeLessThanOrEqual(6);
    for (let second = 0; second < 700; second++, model.trueMs += 1_000) await collector.poll();
    expect(collector.names.toSorted()).toEqual(names.toSorted());
  });

  test("a clock that was set back does not move the feed back", async () => {
    const model = createModel(NOW, { isDated: false });
    const collector = collect(model, auditV2, HOUR_MS);
    await collector.poll();
    const { from } = collector.cursor as { from: number };
    model.trueMs -= 2 * HOUR_MS;
    await collector.poll();
    expect((collector.cursor as { from: number }).from).toBe(from);
  });
});

describe("the look-back", () => {
  const lookBackMs = 60 * DAY_MS;

  test("a window that has become too old is a gap of the part that is, and the feed goes on", async () => {
    const model = createModel(NOW, { lookBackMs });
    const collector = collect(model, auditV2, 60 * DAY_MS);
    // The window is fixed, and Mimecast can't be reached for three hours.
    await collector.page();
    model.trueMs += 3 * HOUR_MS;
    const oldestMs = model.trueMs - lookBackMs;
    model.records.push(
      { name: "too old", atMs: oldestMs - HOUR_MS, shownMs: 0 },
      { name: "just there", atMs: oldestMs + 2 * MINUTE_MS, shownMs: 0 },
      { name: "new", atMs: NOW, shownMs: 0 },
    );
    await collector.poll();
    expect(collector.names.toSorted()).toEqual(["just there", "new"]);
    expect(collector.gaps).toHaveLength(1);
    expect(collector.gaps[0]).toMatch(
      /^Records from 2025-12-31T13:00:00\+0000 to 2025-12-31T15:01:00\+0000 are older than/,
    );
  });

  test("an outage of months is one gap", async () => {
    const model = createModel(NOW, { lookBackMs });
    const collector = collect(model, auditV2, DAY_MS);
    await collector.poll();
    await collector.page();
    model.trueMs += 90 * DAY_MS;
    collector.kill();
    model.records.push({ name: "new", atMs: model.trueMs - DAY_MS, shownMs: 0 });
    await collector.poll();
    expect(collector.names).toEqual(["new"]);
    expect(collector.gaps).toHaveLength(1);
  });

  test("where Mimecast answers all the same, its records are taken, and the gap is recorded", async () => {
    const model = createModel(NOW);
    const collector = collect(model, auditV2, DAY_MS);
    await collector.poll();
    model.trueMs += 70 * DAY_MS;
    model.records.push({ name: "old", atMs: NOW + HOUR_MS, shownMs: 0 });
    await collector.poll();
    expect(collector.names).toEqual(["old"]);
    expect(collector.gaps).toHaveLength(1);
  });

  test("a clock that is ahead makes nothing too old", async () => {
    const model = createModel(NOW, { lookBackMs });
    const names = everyMinute(model, NOW - 59 * DAY_MS, NOW - 59 * DAY_MS + HOUR_MS);
    const collector = collect(model, auditV2, 59.5 * DAY_MS);
    model.aheadMs = 30 * DAY_MS;
    await collector.poll();
    expect(collector.names.toSorted()).toEqual(names.toSorted());
    expect(collector.gaps).toEqual([]);
  });

  test("a refusal for another reason is an error", async () => {
    const model = createModel(NOW, { lookBackMs: HOUR_MS });
    await expect(collect(model, auditV2, DAY_MS).poll()).rejects.toThrow("refused");
    await expect(collect(model, ttpUrlV2, DAY_MS).poll()).rejects.toThrow("refused");
  });
});
