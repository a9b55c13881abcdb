import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsBetween } from "../../../plugin/commands/replay/records_between.ts";
import { chunked, collect } from "../../support/fake_effects.ts";
import { cutAt } from "../../support/pieces.ts";

async function between(blocks: readonly Uint8Array[], fromMs: number, toMs: number) {
  const times: number[] = [];
  const kept = recordsBetween(chunked(blocks), "timestamp", { fromMs, toMs }, (timeMs) => {
    times.push(timeMs);
  });
  return { text: String(await collect(kept)), times };
}

const block = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(""));

describe("recordsBetween()", () => {
  it("keeps what lies in the stretch, both ends included, and tells every time", async () => {
    const lines = [9, 10, 15, 20, 21].map((timestamp) => JSON.stringify({ timestamp }));
    const { text, times } = await between([block(...lines)], 10, 20);
    expect(text).toBe('{"timestamp":10}\n{"timestamp":15}\n{"timestamp":20}\n');
    expect(times).toEqual([9, 10, 15, 20, 21]);
  });

  it("is not misled by a time that stands in a text", async () => {
    const forged = JSON.stringify({ subject: ',"timestamp":15,', timestamp: 99 });
    const nested = JSON.stringify({ a: { timestamp: 99 }, timestamp: 15 });
    expect((await between([block(forged, nested)], 10, 20)).text).toBe(`${nested}\n`);
  });

  it.each(["not JSON", "null", "{}", '{"timestamp":"15"}', '{"timestamp":null}', "[1]"])(
    "keeps a record without a time that can be read: %s",
    async (line) => {
      expect(await between([block(line)], 10, 20)).toEqual({ text: `${line}\n`, times: [] });
    },
  );

  it("keeps the same records however they come in blocks", async () => {
    const timestamps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(timestamps, fc.array(fc.nat(100)), async (all, cuts) => {
        const lines = all.map((timestamp) => `{"timestamp":${timestamp}}`);
        // Blocks hold whole lines.
        const blocks = cutAt(new Uint8Array(lines.length), cuts).map((piece) =>
          block(...lines.slice(piece.byteOffset, piece.byteOffset + piece.length)),
        );
        const wanted = lines.filter((_line, index) => all[index]! >= 10 && all[index]! <= 20);
        expect((await between(blocks, 10, 20)).text).toBe(
          wanted.map((line) => `${line}\n`).join(""),
        );
      }),
    );
  });
});
