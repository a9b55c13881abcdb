import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../plugin/state/checkpoint.ts";
import { isSameHole, MAX_GAPS, withGap } from "../../plugin/state/gaps.ts";

const gapOf = (item: string, redoneMs?: number): Gap => ({
  stream: "audit",
  item,
  atMs: 1,
  reason: "damaged",
  cursor: 3,
  file: null,
  ...(redoneMs === undefined ? {} : { redoneMs }),
});

describe("withGap()", () => {
  it("never lists more than the most, drops what was replayed first, and tells what it drops otherwise", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 2 * MAX_GAPS, size: "max" }), (redone) => {
        let gaps: readonly Gap[] = [];
        const told: Gap[] = [];
        redone.forEach((isRedone, index) => {
          const { gaps: after, dropped } = withGap(
            gaps,
            gapOf(`${index}`, isRedone ? 9 : undefined),
          );
          if (dropped !== null) {
            expect(gaps.some(({ redoneMs }) => redoneMs !== undefined)).toBe(false);
            told.push(dropped);
          }
          gaps = after;
          expect(gaps.at(-1)?.item).toBe(`${index}`);
        });
        expect(gaps.length).toBe(Math.min(MAX_GAPS, redone.length));
        const open = redone.filter((isRedone) => !isRedone).length;
        const listed = gaps.filter(({ redoneMs }) => redoneMs === undefined).length;
        expect(listed + told.length).toBe(open);
      }),
    );
  });
});

describe("isSameHole()", () => {
  it("tells items, pages and kept files apart, not the moment", () => {
    expect(isSameHole(gapOf("a"), { ...gapOf("a"), atMs: 2 })).toBe(true);
    for (const other of [{ item: "b" }, { cursor: 4 }, { file: "kept" }, { stream: "siem" }]) {
      expect(isSameHole(gapOf("a"), { ...gapOf("a"), ...other })).toBe(false);
    }
  });
});
