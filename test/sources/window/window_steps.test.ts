import { describe, expect, it } from "vitest";
import { apiTime } from "../../../plugin/sources/window/api_time.ts";
import { type PageRecord, WindowMemory } from "../../../plugin/sources/window/window_memory.ts";
import {
  closedWindow,
  type OpenPosition,
  readWindowPosition,
} from "../../../plugin/sources/window/window_position.ts";
import {
  type After,
  endPiece,
  leadsNowhere,
  type Moment,
  stay,
  tooOld,
  toPage,
} from "../../../plugin/sources/window/window_steps.ts";

const FROM = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OVERLAP_MS = 10 * MINUTE_MS;
const moment: Moment = { nowMs: FROM + 2 * HOUR_MS, overlapMs: OVERLAP_MS, endpoints: 1 };

/** Inside a window of an hour that was asked for at its end. */
const inside = (values: Partial<OpenPosition> = {}): OpenPosition => ({
  ...closedWindow(FROM, FROM + HOUR_MS),
  isDeep: true,
  askedMs: FROM + HOUR_MS,
  ...values,
});
/** A memory of a walk of so many records, `everyMs` apart. */
function walked(count: number, everyMs = 1_000): WindowMemory {
  const memory = new WindowMemory({ before: "", walk: "", old: [] });
  const records = Array.from({ length: count }, (_, index): PageRecord => {
    const second = Math.floor((FROM + index * everyMs) / 1_000);
    return { text: `record ${index}`, isUnique: true, oldText: () => "", second };
  });
  memory.take(records, false);
  return memory;
}
const nextOf = ({ next }: After) => readWindowPosition(next, "audit");

describe("toPage()", () => {
  it("goes on with the token, and knows when it was given", () => {
    const next = toPage(inside({ stalls: 2 }), walked(9_999), "t", moment);
    expect(next).toMatchObject({ more: true, coveredUntilMs: null });
    expect(nextOf(next)).toMatchObject({ pageToken: "t", tokenMs: moment.nowMs, stalls: 0 });
  });

  it("begins a walk again that is too long, in a piece of four fifths of what it came to", () => {
    // 10,000 records within 1,000 s.
    const next = toPage(inside({ pageToken: "s" }), walked(10_000, 100), "t", moment);
    const spanMs = 799_000;
    expect(nextOf(next)).toMatchObject({ pageToken: null, spanMs, pieceToMs: FROM + spanMs });
  });

  it("makes no piece longer than half of the one before, nor shorter than a second", () => {
    const half = toPage(inside(), walked(10_000, 1_000), "t", moment);
    expect(nextOf(half)).toMatchObject({ spanMs: HOUR_MS / 2, pieceFromMs: FROM });
    const short = toPage(inside({ pieceToMs: FROM + 1_500 }), walked(10_000, 0), "t", moment);
    expect(nextOf(short)).toMatchObject({ spanMs: 1_000, pieceToMs: FROM + 1_000 });
    const shortest = toPage(inside({ pieceToMs: FROM + 1_000 }), walked(10_000, 0), "t", moment);
    expect(nextOf(shortest)).toMatchObject({ pageToken: "t", pieceToMs: FROM + 1_000 });
  });
});

describe("stay()", () => {
  it("asks three times for a page that names itself as the next one, then begins again", () => {
    for (const stalls of [0, 1, 2]) {
      const next = stay(inside({ pageToken: "t", stalls }), walked(3), moment);
      expect(nextOf(next)).toMatchObject({ pageToken: "t", stalls: stalls + 1, restarts: 0 });
    }
    const next = stay(inside({ pageToken: "t", stalls: 3 }), walked(3), moment);
    expect(nextOf(next)).toMatchObject({ pageToken: null, stalls: 0, restarts: 1 });
  });
});

describe("leadsNowhere()", () => {
  const nowhere = (values: Partial<OpenPosition>) => {
    const next = leadsNowhere(inside({ pageToken: "t", ...values }), walked(7), moment);
    return { ...nextOf(next), gap: next.gap ?? null };
  };
  const second = { pieceToMs: FROM + 1_000 };

  it("begins the piece again, then in shorter ones", () => {
    expect(nowhere({})).toMatchObject({ restarts: 1, pageToken: null, pieceToMs: FROM + HOUR_MS });
    expect(nowhere({ restarts: 1 })).toMatchObject({ spanMs: HOUR_MS / 2, pageToken: null });
  });

  it("takes a page that was not full for the last one where Mimecast names pages that are none", () => {
    const half = { restarts: 1, lastCount: 3, fullCount: 5, isNextIdle: true };
    expect(nowhere(half)).toMatchObject({ toMs: null, gap: null });
    expect(nowhere({ ...half, provenCount: 3 })).toMatchObject({ spanMs: HOUR_MS / 2 });
    expect(nowhere({ ...half, isNextIdle: false })).toMatchObject({ spanMs: HOUR_MS / 2 });
    expect(nowhere({ ...half, lastCount: 5 })).toMatchObject({ spanMs: HOUR_MS / 2 });
  });

  it("begins the shortest piece five times, then it ends, with a gap behind a full page", () => {
    const full = { ...second, lastCount: 5, fullCount: 5 };
    expect(nowhere({ ...full, restarts: 4 })).toMatchObject({ restarts: 5, gap: null });
    const over = nowhere({ ...full, restarts: 5 });
    const range = `from ${apiTime(FROM)} to ${apiTime(FROM + 1_000)}`;
    expect(over.gap?.reason).toContain(`the first 7 records ${range}`);
    expect(over).toMatchObject({ pieceFromMs: FROM + 1_000, restarts: 0, pageToken: null });
    expect(nowhere({ ...full, lastCount: 4, restarts: 5 })).toMatchObject({
      pieceFromMs: FROM + 1_000,
      gap: null,
    });
  });
});

describe("tooOld()", () => {
  it("goes on with what Mimecast still has", () => {
    const oldestMs = FROM + 20 * MINUTE_MS;
    for (const [pieceToMs, wantedMs] of [
      [FROM + HOUR_MS, FROM + HOUR_MS],
      [FROM + 10 * MINUTE_MS, oldestMs + 1_000],
    ] as const) {
      const next = tooOld(inside({ pieceToMs }), walked(1), oldestMs);
      expect(next.gap?.reason).toContain(`from ${apiTime(FROM)} to ${apiTime(oldestMs)}`);
      const wanted = { fromMs: oldestMs, tipMs: oldestMs, pieceFromMs: oldestMs };
      expect(nextOf(next)).toMatchObject({ ...wanted, pieceToMs: wantedMs, toMs: FROM + HOUR_MS });
    }
    const late = inside({ tipMs: FROM + HOUR_MS });
    expect(nextOf(tooOld(late, walked(1), oldestMs)).tipMs).toBe(FROM + HOUR_MS);
  });

  it("never goes beyond the window's end, and is over where nothing of it is left", () => {
    const nearly = tooOld(inside(), walked(1), FROM + HOUR_MS - 500);
    expect(nextOf(nearly)).toMatchObject({ pieceToMs: FROM + HOUR_MS, toMs: FROM + HOUR_MS });
    for (const oldestMs of [FROM + HOUR_MS, FROM + 2 * HOUR_MS]) {
      const next = tooOld(inside(), walked(1), oldestMs);
      expect(nextOf(next)).toMatchObject({ toMs: null, fromMs: oldestMs });
    }
  });
});

describe("endPiece()", () => {
  it("asks each endpoint of the feed for the same piece", () => {
    const two = { ...moment, endpoints: 2 };
    const next = endPiece(inside({ pageToken: "t", restarts: 2 }), walked(3), two);
    expect(next).toMatchObject({ more: true, coveredUntilMs: null });
    expect(nextOf(next)).toMatchObject({
      endpoint: 1,
      pageToken: null,
      restarts: 0,
      toMs: FROM + HOUR_MS,
    });
    expect(nextOf(endPiece(inside({ endpoint: 1 }), walked(3), two)).toMs).toBeNull();
  });

  it("goes on with a piece that is twice as long where the walk was easy", () => {
    const piece = { pieceToMs: FROM + 5 * MINUTE_MS, spanMs: 5 * MINUTE_MS };
    for (const [values, count, spanMs] of [
      [{}, 2_499, 10 * MINUTE_MS],
      [{}, 2_500, 5 * MINUTE_MS],
      [{ restarts: 1 }, 3, 5 * MINUTE_MS],
    ] as const) {
      const next = endPiece(inside({ ...piece, ...values, endpoint: 0 }), walked(count), moment);
      const fromMs = FROM + 5 * MINUTE_MS;
      expect(next.coveredUntilMs).toBe(fromMs);
      expect(nextOf(next)).toMatchObject({
        pieceFromMs: fromMs,
        spanMs,
        pieceToMs: fromMs + spanMs,
      });
    }
    const last = inside({ pieceToMs: FROM + 59 * MINUTE_MS, spanMs: HOUR_MS });
    expect(nextOf(endPiece(last, walked(1), moment)).pieceToMs).toBe(FROM + HOUR_MS);
  });

  it("takes for settled what happened an overlap before the window was asked for", () => {
    const ended = (values: Partial<OpenPosition>) => endPiece(inside(values), walked(1), moment);
    for (const [values, settledMs] of [
      [{}, FROM + HOUR_MS - OVERLAP_MS],
      // Asked for late: all of it.
      [{ askedMs: FROM + 3 * HOUR_MS }, FROM + HOUR_MS],
      // The clock was set back: never less than before.
      [{ askedMs: FROM - HOUR_MS }, FROM],
      [{ askedMs: null }, FROM],
      // No answer tells the time: not beyond the newest record, but for a day.
      [{ newestMs: FROM + 30 * MINUTE_MS }, FROM + 20 * MINUTE_MS],
      [{ newestMs: FROM + 2 * HOUR_MS }, FROM + HOUR_MS - OVERLAP_MS],
      [{ newestMs: 0, askedMs: FROM + 86_400_000 + 40 * MINUTE_MS }, FROM + 30 * MINUTE_MS],
    ] as const) {
      expect(ended(values).coveredUntilMs).toBe(settledMs);
      expect(nextOf(ended(values))).toMatchObject({ fromMs: settledMs, toMs: null });
    }
  });

  it("leaves what is settled as it was where the window was not a deep one", () => {
    const next = endPiece(
      inside({ isDeep: false, deepMs: 7, tipMs: FROM + MINUTE_MS }),
      walked(1),
      moment,
    );
    expect(next.coveredUntilMs).toBe(FROM);
    expect(nextOf(next)).toMatchObject({ fromMs: FROM, deepMs: 7 });
    expect(nextOf(endPiece(inside(), walked(1), moment)).deepMs).toBe(moment.nowMs);
  });

  it("has more right away where the window ended long before the present", () => {
    for (const [askedMs, more] of [
      [FROM + HOUR_MS + OVERLAP_MS, false],
      [FROM + HOUR_MS + OVERLAP_MS + 1_000, true],
      [null, false],
    ] as const) {
      expect(endPiece(inside({ askedMs }), walked(1), moment).more).toBe(more);
    }
  });
});
