import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../plugin/deliver/delivery.ts";
import { pacedDelivery } from "../../plugin/deliver/paced.ts";
import { ShipperGoneError } from "../../plugin/errors.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

const MINUTE = 60_000;

function setting(eventsPerSecond: number) {
  const clock = createSimulatedClock(1_000_000);
  const stopping = new AbortController();
  const written: { readonly atMs: number; readonly text: string }[] = [];
  let accepted = 0;
  const inner: Delivery = {
    safety: "taken",
    accepted: () => accepted,
    async write(lines) {
      accepted += lines.length;
      written.push({ atMs: clock.now(), text: Buffer.from(lines).toString("utf8") });
    },
    isWriting: () => false,
    readerWaits: () => false,
    flush: async () => {},
  };
  const delivery = pacedDelivery(inner, clock, eventsPerSecond, stopping.signal);
  /** Lines that went out in [fromMs, toMs) after the beginning. */
  const linesIn = (fromMs: number, toMs: number) =>
    written
      .filter(({ atMs }) => atMs >= 1_000_000 + fromMs && atMs < 1_000_000 + toMs)
      .reduce((sum, { text }) => sum + text.split("\n").length - 1, 0);
  return { clock, stopping, written, delivery, linesIn };
}

const lines = (count: number, from = 0) =>
  Buffer.from(Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join(""));

describe("pacedDelivery()", () => {
  it.each([1, 3, 10, 25, 100, 333, 5_000])(
    "%i events a second: exact over each minute, smooth within it",
    async (rate) => {
      const { clock, delivery, linesIn } = setting(rate);
      const wanted = rate * 130;
      void (async () => {
        for (let at = 0; at < wanted; at += 150) await delivery.write(lines(150, at));
      })();
      await clock.runUntil(1_000_000 + 2 * MINUTE);
      const piece = Math.max(1, Math.floor(rate / 10));
      for (const fromMs of [0, 1_234, MINUTE / 2, MINUTE]) {
        const sent = linesIn(fromMs, fromMs + MINUTE);
        expect(Math.abs(sent - rate * 60)).toBeLessThanOrEqual(piece);
      }
      for (let second = 0; second < 120; second += 7) {
        const sent = linesIn(second * 1_000, (second + 1) * 1_000);
        expect(Math.abs(sent - rate)).toBeLessThanOrEqual(2 * piece);
      }
    },
  );

  it("keeps every byte, in order, and cuts behind lines only", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 12 }),
        async (rate, counts) => {
          const { clock, delivery, written } = setting(rate);
          const chunks = counts.map((count, index) => lines(count, index * 1_000));
          const all = Promise.all(chunks.map((chunk) => delivery.write(chunk)));
          await clock.runUntil(1_000_000 + 3_600_000);
          await all;
          expect(written.map(({ text }) => text).join("")).toBe(Buffer.concat(chunks).toString());
          for (const { text } of written) expect(text.endsWith("\n")).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("lets the lines of a tenth of a second go together", async () => {
    const { clock, delivery, written } = setting(100);
    void delivery.write(lines(35));
    await clock.runUntil(1_000_000 + 1_000);
    expect(written.map(({ text }) => text.split("\n").length - 1)).toEqual([10, 10, 10, 5]);
    expect(written.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 100, 200, 300]);
  });

  it("counts an empty line as one", async () => {
    const { clock, delivery, written } = setting(10);
    void delivery.write(Buffer.from("\n\na\nb\n"));
    await clock.runUntil(1_000_000 + 1_000);
    expect(written.map(({ text }) => text)).toEqual(["\n", "\n", "a\n", "b\n"]);
  });

  it("shares the rate among all who write, in the order of writing", async () => {
    const { clock, delivery, written } = setting(10);
    const done: string[] = [];
    for (const name of ["a", "b"]) {
      void (async () => {
        for (let chunk = 0; chunk < 3; chunk++) await delivery.write(Buffer.from(`${name}\n`));
        done.push(name);
      })();
    }
    await clock.runUntil(1_000_000 + 1_000);
    expect(written.map(({ text }) => text.trim())).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(written.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(done).toEqual(["a", "b"]);
  });

  it("a pause is not made up for afterwards", async () => {
    const { clock, delivery, linesIn } = setting(10);
    void delivery.write(lines(5));
    await clock.runUntil(1_000_000 + MINUTE);
    void delivery.write(lines(50));
    await clock.runUntil(1_000_000 + MINUTE + 1_000);
    expect(linesIn(MINUTE, MINUTE + 1_000)).toBeLessThanOrEqual(11);
  });

  it("a stop lets the chunk in hand go at once: it counts only as a whole", async () => {
    const { clock, delivery, stopping, written } = setting(1);
    const write = delivery.write(lines(30));
    await clock.runUntil(1_000_000 + 2_500);
    expect(written).toHaveLength(3);
    stopping.abort(new Error("SIGTERM"));
    await write;
    expect(written).toHaveLength(30);
    expect(clock.now()).toBe(1_000_000 + 2_500);
    expect(delivery.accepted()).toBe(lines(30).length);
  });

  it("tells what is accepted of all that was written, also where the output tells of parts", async () => {
    const { clock, stopping } = setting(10);
    const inner = {
      async write(bytes: Uint8Array, onPart?: (acceptedBytes: number) => Promise<void>) {
        for (let at = 1; at < bytes.length; at++) await onPart?.(at);
      },
    } as unknown as Delivery;
    const delivery = pacedDelivery(inner, clock, 10, stopping.signal);
    const parts: number[] = [];
    const written = delivery.write(Buffer.from("aa\nb\nccc"), async (bytes) => {
      parts.push(bytes);
    });
    const silent = delivery.write(Buffer.from("aa\n"));
    await clock.runUntil(1_000_000 + 1_000);
    await Promise.all([written, silent]);
    expect(parts).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("a clock that is set back does not stop the output", async () => {
    const { clock, written, stopping } = setting(10);
    let backMs = 0;
    const inner = {
      async write(bytes: Uint8Array) {
        written.push({ atMs: clock.now(), text: String(bytes) });
      },
    } as unknown as Delivery;
    const shifted = { ...clock, now: () => clock.now() - backMs };
    const delivery = pacedDelivery(inner, shifted, 10, stopping.signal);
    await delivery.write(lines(1));
    backMs = 86_400_000;
    void delivery.write(lines(3));
    await clock.runUntil(1_000_000 + 1_000);
    expect(written.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 100, 200, 300]);
  });

  it("a sleep that fails for another reason than the stop is the writer's error", async () => {
    const { stopping } = setting(1);
    const inner = { write: async () => {} } as unknown as Delivery;
    const sleep = async () => Promise.reject(new Error("defect"));
    const delivery = pacedDelivery(inner, { now: () => 0, sleep }, 1, stopping.signal);
    await delivery.write(lines(1));
    await expect(delivery.write(lines(1))).rejects.toThrow("defect");
  });

  it("a reader that is gone is the writer's error", async () => {
    const { clock, stopping } = setting(1);
    const gone = new ShipperGoneError("gone", { code: "shipper_gone" });
    const inner = { write: async () => Promise.reject(gone) } as unknown as Delivery;
    const delivery = pacedDelivery(inner, clock, 10, stopping.signal);
    await expect(delivery.write(lines(1))).rejects.toBe(gone);
  });
});
