import fc from "fast-check";
import { expect, test } from "vitest";
import { Timeline } from "./fake_mimecast/timeline.ts";

test("keeps the order of time and of arrival apart", () => {
  const timeline = new Timeline();
  timeline.add(4, 1_000, 5_000);
  timeline.add(2, 2_500, 2_500);
  expect([0, 1, 2, 3, 4, 5].map((index) => timeline.timeOf(index))).toEqual([
    1_000, 2_000, 3_000, 4_000, 2_500, 2_500,
  ]);
  expect([0, 1, 2, 3, 4, 5].map((position) => timeline.indexAt(position))).toEqual([
    0, 1, 4, 5, 2, 3,
  ]);
  expect(timeline.firstAtOrAfter(2_500)).toBe(2);
  expect(timeline.firstAtOrAfter(2_501)).toBe(4);
});

test("equal records have the time of the first of them, also where late ones stand between", () => {
  const timeline = new Timeline();
  timeline.add(2, 0, 100);
  timeline.add(7, 1_000, 8_000, 3);
  timeline.add(1, 4_500, 4_500);
  const indexes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(indexes.map((index) => timeline.original(index))).toEqual([0, 1, 2, 2, 2, 5, 5, 5, 8, 9]);
  expect(indexes.map((index) => timeline.timeOf(index))).toEqual([
    0, 50, 1_000, 1_000, 1_000, 4_000, 4_000, 4_000, 7_000, 4_500,
  ]);
});

test("any late arrivals leave the times of the others, a sorted order, and inverse look-ups", () => {
  const adds = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 10_000 })),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(adds, fc.integer({ min: -1, max: 11_000 }), (list, asked) => {
      const timeline = new Timeline();
      timeline.add(50, 0, 10_000);
      const times = Array.from({ length: 50 }, (_, index) => index * 200);
      for (const [count, ms] of list) {
        timeline.add(count, ms, ms);
        times.push(...Array<number>(count).fill(ms));
      }
      expect(timeline.count).toBe(times.length);
      expect(times.map((_, index) => timeline.timeOf(index))).toEqual(times);
      const order = times.map((_, position) => timeline.indexAt(position));
      expect(order.map((index) => times[index])).toEqual(times.toSorted((a, b) => a - b));
      expect(order.map((index) => timeline.positionOf(index))).toEqual(
        times.map((_, position) => position),
      );
      expect(timeline.firstAtOrAfter(asked)).toBe(times.filter((ms) => ms < asked).length);
    }),
  );
});

test("refuses a run that would overlap others, and what does not exist", () => {
  const timeline = new Timeline();
  timeline.add(10, 0, 1_000);
  expect(() => timeline.add(3, 150, 450)).toThrow(/overlap/);
  expect(timeline.count).toBe(10);
  expect(() => timeline.timeOf(10)).toThrow(RangeError);
  expect(() => timeline.indexAt(10)).toThrow(RangeError);
});
