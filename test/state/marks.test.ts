import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Mark, partMarks, positionsOf, withMark } from "../../plugin/state/marks.ts";
import { at } from "../support/delivery_values.ts";

const LAG = 1000;

describe("withMark() and partMarks()", () => {
  it("hold one mark of a stream whose output does not move on", () => {
    let marks: readonly Mark[] = [];
    for (let page = 0; page < 10_000; page++) {
      marks = withMark(marks, { bytes: 5, stream: "a", position: at(page) }, LAG);
    }
    expect(marks).toEqual([{ bytes: 5, stream: "a", position: at(9_999) }]);
  });

  it("hold few marks a stream, commit nothing too early, and everything soon after the lag", () => {
    // Small chunks, so that there are more of them within a lag than marks may be held.
    const anyMore = fc.oneof(
      { arbitrary: fc.nat(9), weight: 19 },
      { arbitrary: fc.nat(300), weight: 1 },
    );
    const steps = fc.array(fc.record({ more: anyMore, stream: fc.constantFrom("a", "b", "c") }), {
      maxLength: 400,
      size: "max",
    });
    fc.assert(
      fc.property(steps, (played) => {
        let marks: readonly Mark[] = [];
        let outBytes = 0;
        const noted: (readonly [bytes: number, stream: string, cursor: number])[] = [];
        const committed = new Map<string, number>();
        played.forEach(({ more, stream }, index) => {
          outBytes += more;
          noted.push([outBytes, stream, index]);
          const mark = { bytes: outBytes, stream, position: at(index) };
          const { settled, open } = partMarks(withMark(marks, mark, LAG), outBytes - LAG);
          marks = open;
          for (const [name, { cursor }] of Object.entries(positionsOf(settled))) {
            committed.set(name, Number(cursor));
          }
          expect(marks.length).toBeLessThanOrEqual(3 * 18);
          for (const name of ["a", "b", "c"]) {
            const upTo = (lagBytes: number) =>
              noted
                .filter(([bytes, each]) => each === name && bytes + lagBytes <= outBytes)
                .at(-1)?.[2] ?? -1;
            const found = committed.get(name) ?? -1;
            expect(found).toBeLessThanOrEqual(upTo(LAG));
            expect(found).toBeGreaterThanOrEqual(upTo(LAG + LAG / 16));
          }
        });
      }),
    );
  });
});
