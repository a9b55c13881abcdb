import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourceNamed } from "../../../plugin/sources/registry.ts";
import { runs } from "../../support/amount.ts";
import { collect, createModel } from "../../support/window_model.ts";

const auditV2 = sourceNamed("2.0", "audit");
const ttpUrlV2 = sourceNamed("2.0", "ttp_url");

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OVERLAP_MS = 10 * MINUTE_MS;
const BACK_MS = 30 * HOUR_MS;
const AHEAD_MS = 6 * HOUR_MS;
const SKEW_MS = 3 * HOUR_MS;
const RUNS = runs(150);

/** A record somewhere in the time of the test, or one of a crowd. */
const record = fc.record({
  name: fc.nat({ max: 40 }),
  second: fc.oneof(
    fc.integer({ min: -BACK_MS / 1_000, max: AHEAD_MS / 1_000 }),
    fc.integer({ min: -20, max: 20 }),
  ),
  delayMs: fc.oneof(fc.constant(0), fc.nat({ max: OVERLAP_MS })),
});

/** What happens between two pages. */
const step = fc.record({
  passesMs: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 30 * MINUTE_MS })),
  aheadMs: fc.option(fc.integer({ min: -SKEW_MS, max: SKEW_MS }), { freq: 4 }),
  isKilled: fc.boolean(),
  isPoll: fc.boolean(),
});

const world = fc.record({
  records: fc.array(record, { maxLength: 60 }),
  pageSize: fc.integer({ min: 1, max: 12 }),
  isOldestFirst: fc.boolean(),
  requestMs: fc.constantFrom(0, 900, 40_000),
  aheadMs: fc.integer({ min: -SKEW_MS, max: SKEW_MS }),
  steps: fc.array(step, { maxLength: 40 }),
});

/** Page tokens that are refused: request by request, then never again. */
const refusals = fc.array(fc.boolean(), { maxLength: 60 });

/** The names that came out, and those that went in, each as often as it is there. */
async function played(
  source: typeof auditV2,
  given: typeof world extends fc.Arbitrary<infer T> ? T : never,
  refused: readonly boolean[],
): Promise<{ came: string[]; gaps: readonly string[] }> {
  let request = 0;
  const model = createModel(NOW, {
    ...given,
    records: given.records.map(({ name, second, delayMs }, index) => {
      const atMs = NOW + second * 1_000;
      // Without an id, records of one name and second are equal.
      const isNamed = source.name === "audit";
      return { name: isNamed ? `r${index}` : `r${name}`, atMs, shownMs: atMs + delayMs };
    }),
    refuses: () => refused[request++] === true,
  });
  const collector = collect(model, source, BACK_MS, OVERLAP_MS);
  // A new feed is asked for as soon as it has a beginning.
  await collector.page();
  await collector.page();
  for (const { passesMs, aheadMs, isKilled, isPoll } of given.steps) {
    model.trueMs += passesMs;
    model.aheadMs = aheadMs ?? model.aheadMs;
    if (isKilled) collector.kill();
    if (isPoll) await collector.poll();
    else await collector.page();
  }
  // Everything has happened and shown up, and the feed is polled as ever.
  while (model.trueMs < NOW + AHEAD_MS + 2 * OVERLAP_MS) {
    model.trueMs += 15 * MINUTE_MS;
    await collector.poll();
  }
  await collector.poll();
  return { came: collector.names.toSorted(), gaps: collector.gaps };
}

describe.each([auditV2, ttpUrlV2])("$name in a world of any kind", (source) => {
  test("every record comes once: late, equal, in any order, under any clock, killed anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const { came, gaps } = await played(source, given, []);
        expect(came).toEqual(namesOf(source, given.records));
        expect(gaps).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test("and where page tokens are refused", async () => {
    await fc.assert(
      fc.asyncProperty(world, refusals, async (given, refused) => {
        // A gap is recorded only where more records than a page has are of one or two seconds.
        const isCrowded = given.records.length > given.pageSize;
        const { came, gaps } = await played(source, given, refused);
        if (!isCrowded || gaps.length === 0) {
          expect(came).toEqual(namesOf(source, given.records));
          expect(gaps).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

function namesOf(source: typeof auditV2, records: readonly { name: number }[]): string[] {
  return records
    .map(({ name }, index) => (source.name === "audit" ? `r${index}` : `r${name}`))
    .toSorted();
}
