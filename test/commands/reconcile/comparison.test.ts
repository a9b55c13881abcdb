import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Comparison } from "../../../plugin/commands/reconcile/comparison.ts";
import { hourOf } from "../../../plugin/commands/reconcile/stretch.ts";

const HOUR_MS = 3_600_000;
const uid = fc
  .array(fc.constantFrom(..."0123456789abcdef"), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.join(""));
const record = fc.record({ uid, timeMs: fc.integer({ min: 0, max: 5 * HOUR_MS }) });

/** Ids that differ in their first half, as all but one of 10^13 do. */
const records = fc.uniqueArray(record, {
  maxLength: 300,
  selector: (each) => each.uid.slice(0, 16),
});

describe("Comparison", () => {
  it("misses exactly what was not found, whatever the order and however often it was listed", () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat(3)), fc.boolean(), (all, times, isDated) => {
        const comparison = new Comparison();
        for (const { uid, timeMs } of [...all, ...all.slice(0, 9)])
          comparison.list(uid, timeMs, "audit");
        comparison.seal();
        const found = all.map((each) => ({ each, count: times.next().value as number }));
        for (const { each, count } of found) {
          for (let left = count; left > 0; left--) {
            comparison.find(each.uid, isDated ? each.timeMs : null);
          }
        }
        for (const { each, count } of found) {
          expect(comparison.isMissing(each.uid, each.timeMs)).toBe(count === 0);
        }
        const hours = comparison.hours();
        expect(hours.map(({ hour }) => hour)).toEqual(
          [...new Set(all.map(({ timeMs }) => hourOf(timeMs)))].sort((a, b) => a - b),
        );
        const sum = (pick: (hour: (typeof hours)[number]) => number) =>
          hours.reduce((total, hour) => total + pick(hour), 0);
        expect(sum((hour) => hour.atMimecast)).toBe(all.length);
        expect(sum((hour) => hour.found)).toBe(found.filter(({ count }) => count > 0).length);
        expect(comparison.twice).toBe(
          found.reduce((total, { count }) => total + Math.max(0, count - 1), 0),
        );
        expect(comparison.unknown.count).toBe(0);
      }),
    );
  });

  it("counts what Mimecast does not have, and finds an id in another hour than its own", () => {
    const comparison = new Comparison();
    comparison.list("a".repeat(32), 0, "audit");
    comparison.seal();
    comparison.find("b".repeat(32), 0);
    comparison.find("a".repeat(32), 3 * HOUR_MS);
    expect(comparison.unknown).toEqual({ count: 1, uids: ["b".repeat(32)] });
    expect(comparison.isMissing("a".repeat(32), 0)).toBe(false);
  });

  it("takes an hour whose numbers agree as found", () => {
    const comparison = new Comparison();
    comparison.list("a".repeat(32), 0, "audit");
    comparison.list("c".repeat(32), HOUR_MS, "siem:av");
    comparison.seal();
    comparison.agree(0);
    expect(comparison.hours()).toEqual([
      { hour: 0, atMimecast: 1, found: 1 },
      { hour: 1, atMimecast: 1, found: 0 },
    ]);
    expect(comparison.lackingHours()).toEqual([1]);
    expect([...comparison.lackingStreams()]).toEqual(["siem:av"]);
  });

  it("loses what is neither found nor expected, tells it once, and finds it when it arrives", () => {
    type Fate = "found" | "expected" | "lost" | "late";
    const fates = fc.array(fc.constantFrom<Fate>("found", "expected", "lost", "late"), {
      minLength: 300,
      maxLength: 300,
    });
    fc.assert(
      fc.property(records, fates, (all, drawn) => {
        const comparison = new Comparison();
        const of = (...wanted: Fate[]) => all.filter((_, at) => wanted.includes(drawn[at]!));
        for (const [at, { uid, timeMs }] of all.entries())
          comparison.list(uid, timeMs, `siem:${at % 64}`);
        comparison.seal();
        for (const { uid, timeMs } of of("found")) comparison.find(uid, timeMs);
        // A poll brings more than what is missing.
        for (const { uid, timeMs } of of("found", "expected")) comparison.expect(uid, timeMs);
        const told = [...all, ...all].filter(({ uid, timeMs }) => comparison.take(uid, timeMs));
        expect(told).toEqual(of("lost", "late"));
        expect(comparison.expected).toBe(of("expected").length);
        expect(comparison.lost).toBe(told.length);
        for (const { uid, timeMs } of of("late", "found")) comparison.arrive(uid, timeMs);
        expect(comparison.lost).toBe(of("lost").length);
        expect(comparison.twice).toBe(0);
        const left = new Set(of("lost", "expected"));
        const streams = all.flatMap((each, at) => (left.has(each) ? [`siem:${at % 64}`] : []));
        expect(comparison.lackingStreams()).toEqual(new Set(streams));
      }),
    );
  });

  it("counts by the beginning of the ids, so that one that is missing and one that is unknown do not make up for each other", () => {
    const comparison = new Comparison();
    for (const [at, begin] of ["00", "00", "7f", "ff"].entries()) {
      comparison.list(`${begin}${at}${"5".repeat(29)}`, HOUR_MS, "audit");
    }
    comparison.seal();
    const parts = comparison.counts().get(1)!;
    expect([parts[0], parts[0x7f], parts[0xff]]).toEqual([2, 1, 1]);
    expect(parts.reduce((sum, each) => sum + each, 0)).toBe(4);
  });
});
