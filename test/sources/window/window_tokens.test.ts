import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../../plugin/errors.ts";
import { sourceNamed } from "../../../plugin/sources/registry.ts";
import type { Cursor } from "../../../plugin/sources/source.ts";
import { cases, runs } from "../../support/amount.ts";
import { collect, createModel, type WindowModel } from "../../support/window_model.ts";

const auditV2 = sourceNamed("2.0", "audit");
const ttpUrlV2 = sourceNamed("2.0", "ttp_url");

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const RUNS = runs(150);

function spread(model: WindowModel, count: number): string[] {
  for (let index = 0; index < count; index++) {
    const atMs = NOW - HOUR_MS + Math.floor((index * HOUR_MS) / count);
    model.records.push({ name: `r${index}`, atMs, shownMs: 0 });
  }
  return model.records.map(({ name }) => name).toSorted();
}

for (const source of [auditV2, ttpUrlV2]) {
  for (const isOldestFirst of [true, false]) {
    const order = isOldestFirst ? "oldest" : "newest";
    describe(`${source.name}, ${order} first, whose page tokens are refused`, () => {
      test.each([1, 2, 3, 7, 30])("%i times: every record comes once", async (times) => {
        const model = createModel(NOW, { pageSize: 10, isOldestFirst });
        const names = spread(model, 95);
        let left = times;
        let request = 0;
        model.refuses = () => request++ > 3 && left-- > 0;
        const collector = collect(model, source, 2 * HOUR_MS);
        await collector.poll();
        expect(collector.names.toSorted()).toEqual(names);
        expect(collector.gaps).toEqual([]);
      });

      test("always: every record comes once, in windows of a page", async () => {
        const model = createModel(NOW, { pageSize: 10, isOldestFirst, refuses: () => true });
        const names = spread(model, 95);
        const collector = collect(model, source, 2 * HOUR_MS);
        await collector.poll();
        expect(collector.names.toSorted()).toEqual(names);
        expect(collector.gaps).toEqual([]);
        expect(model.asked.length).toBeLessThan(200);
      });

      test("always, in the overlap too: what is asked for again is known", async () => {
        const model = createModel(NOW, { pageSize: 10, isOldestFirst, refuses: () => true });
        for (let index = 0; index < 55; index++) {
          model.records.push({ name: `r${index}`, atMs: NOW - (index + 1) * 10_000, shownMs: 0 });
        }
        const collector = collect(model, source, 2 * HOUR_MS);
        for (let poll = 0; poll < 3; poll++, model.trueMs += 120_000) await collector.poll();
        expect(collector.names.toSorted()).toEqual(
          model.records.map(({ name }) => name).toSorted(),
        );
      });

      test("whenever they are a minute old: every record comes once", async () => {
        const model = createModel(NOW, { pageSize: 10, isOldestFirst, requestMs: 20_000 });
        const names = spread(model, 300);
        let firstMs = 0;
        model.refuses = () => {
          if (model.asked.at(-1)?.hasToken === false) firstMs = model.trueMs;
          return model.trueMs - firstMs > 60_000;
        };
        const collector = collect(model, source, 2 * HOUR_MS);
        await collector.poll();
        expect(collector.names.toSorted()).toEqual(names);
        expect(collector.gaps).toEqual([]);
      });

      test("always, with more records in a second than a page has: a gap that says so, and the rest", async () => {
        const model = createModel(NOW, { pageSize: 10, isOldestFirst, refuses: () => true });
        const names = spread(model, 40);
        for (let index = 0; index < 25; index++) {
          model.records.push({
            name: `burst${index}`,
            atMs: NOW - HOUR_MS / 2 + 20_000,
            shownMs: 0,
          });
        }
        const collector = collect(model, source, 2 * HOUR_MS);
        await collector.poll();
        expect(collector.names.filter((name) => name.startsWith("r")).toSorted()).toEqual(names);
        expect(new Set(collector.names).size).toBe(collector.names.length);
        expect(collector.gaps.length).toBeGreaterThan(0);
        expect(collector.gaps[0]).toContain("refused its own page token");
      });
    });
  }
}

describe.each([auditV2, ttpUrlV2])(
  "$name from a server that fills its pages unevenly",
  (source) => {
    test("and whose page tokens die: every record comes once, and it comes to an end", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }),
          fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
          fc.uniqueArray(fc.integer({ min: 1, max: 3_000 }), { maxLength: 40 }),
          fc.boolean(),
          async (lengths, dead, seconds, isOldestFirst) => {
            let request = 0;
            const model = createModel(NOW, {
              isOldestFirst,
              pageLength: () => 1 + (lengths[request++ % lengths.length] as number),
              // Some tokens die, in the end all of them.
              refuses: () => dead[request] ?? true,
            });
            for (const second of seconds) {
              const atMs = NOW - 2 * second * 1_000;
              model.records.push({ name: `r${second}`, atMs, shownMs: 0 });
            }
            const collector = collect(model, source, 2 * HOUR_MS);
            await collector.poll();
            const names = model.records.map(({ name }) => name);
            expect(collector.names.toSorted()).toEqual(names.toSorted());
            expect(collector.gaps).toEqual([]);
          },
        ),
        { numRuns: RUNS },
      );
    });

    test("in no order of time, with equal records: none is lost", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 3 })), { maxLength: 60 }),
          fc.integer({ min: 1, max: 20 }),
          async (given, pageSize) => {
            const model = createModel(NOW, { isOldestFirst: null, pageSize });
            for (const [index, [name, second]] of given.entries()) {
              const atMs = NOW - HOUR_MS + second * 1_000;
              const text = source.name === "audit" ? `r${index}` : `r${name}`;
              model.records.push({ name: text, atMs, shownMs: 0 });
            }
            const collector = collect(model, source, 2 * HOUR_MS);
            await collector.poll();
            const names = model.records.map(({ name }) => name);
            expect(collector.names.toSorted()).toEqual(names.toSorted());
          },
        ),
        { numRuns: RUNS },
      );
    });

    test("and whose last page names itself as the next one: every record comes once, and it ends", async () => {
      const model = createModel(NOW, { pageSize: 2, isStuck: true });
      const names = spread(model, 7);
      const collector = collect(model, source, 2 * HOUR_MS);
      await collector.poll();
      expect(collector.names.toSorted()).toEqual(names);
      expect(collector.gaps).toEqual([]);
    });
  },
);

describe("a walk of very many records", () => {
  test.each(cases([true, false], 2))(
    "is cut into shorter ones, oldest first: %s, so that what begins again is bounded",
    async (isOldestFirst) => {
      const model = createModel(NOW, { isOldestFirst });
      const names = spread(model, 60_000);
      let request = 0;
      model.refuses = () => request++ % 13 === 12;
      const collector = collect(model, ttpUrlV2, 2 * HOUR_MS);
      let largest = 0;
      while (await collector.page()) {
        largest = Math.max(largest, JSON.stringify(collector.cursor).length);
      }
      expect(collector.names.length).toBe(names.length);
      expect(new Set(collector.names).size).toBe(names.length);
      expect(largest).toBeLessThan(600_000);
    },
  );
});

test("a page token that is old is given up for an error that may pass", async () => {
  const model = createModel(NOW, { pageSize: 10 });
  const names = spread(model, 25);
  const collector = collect(model, auditV2, 2 * HOUR_MS);
  await collector.page();
  await collector.page();
  let refused = 0;
  model.refuses = () => {
    if (model.asked.at(-1)?.hasToken !== true || refused === 2) return false;
    refused++;
    throw new ApiError("x", { code: "http_500", status: 500, retryable: true });
  };
  await expect(collector.poll()).rejects.toThrow("x");
  model.trueMs += HOUR_MS;
  await collector.poll();
  expect(collector.names.toSorted()).toEqual(names);
});

test("an empty page is no end where its page token is old", async () => {
  const model = createModel(NOW, { pageSize: 10 });
  const names = spread(model, 25);
  const collector = collect(model, auditV2, 2 * HOUR_MS);
  await collector.page();
  await collector.page();
  model.trueMs += HOUR_MS;
  model.forgets = () => model.asked.at(-1)?.hasToken === true && model.asked.length < 3;
  await collector.poll();
  expect(collector.names.toSorted()).toEqual(names);
});

test("a page token of the first version is not used: when its window was asked for is not known", async () => {
  const model = createModel(NOW, { pageSize: 10 });
  const names = spread(model, 25);
  const collector = collect(model, auditV2, HOUR_MS);
  const ids: Cursor = [];
  collector.cursor = {
    from: NOW - HOUR_MS,
    to: NOW,
    pageToken: "7",
    stalls: 0,
    restarted: 0,
    ids,
  };
  await collector.poll();
  expect(collector.names.toSorted()).toEqual(names);
});

test("a busy hour, six records a second, comes once, and its position stays small", async () => {
  const model = createModel(NOW);
  for (let index = 0; index < 6 * 3_600; index++) {
    const atMs = NOW - HOUR_MS + Math.floor(index / 6) * 1_000;
    model.records.push({ name: `r${index}`, atMs, shownMs: atMs });
  }
  model.trueMs -= HOUR_MS;
  const collector = collect(model, ttpUrlV2, 600_000);
  for (let poll = 0; poll < 6; poll++, model.trueMs += 900_000) await collector.poll();
  expect(collector.names).toHaveLength(6 * 3_600);
  expect(new Set(collector.names).size).toBe(6 * 3_600);
  expect(JSON.stringify(collector.cursor).length).toBeLessThan(80_000);
});
