import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lines } from "../../plugin/decode/lines.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

async function linesOf(
  text: string,
  positions: readonly number[] = [],
  options: Parameters<typeof lines>[1] = {},
): Promise<string> {
  return (await collect(lines(chunked(cutAt(bytesOf(text), positions)), options))).toString("utf8");
}

const anyText = fc
  .array(fc.constantFrom("a", "bc", "\n", "\r", "\r\n", "ü", "{}", "x".repeat(40)), {
    maxLength: 60,
  })
  .map((parts) => parts.join(""));

describe("lines()", () => {
  test("hands on the same text wherever it is cut, with a line break at its end", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, cutPositions, async (text, positions) => {
        const wanted = text === "" || text.endsWith("\n") ? text : `${text}\n`;
        expect(await linesOf(text, positions)).toBe(wanted);
      }),
    );
  });

  test("cuts a line that is too long and leaves its rest out, wherever the input is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText,
        cutPositions,
        fc.integer({ min: 1, max: 50 }),
        async (text, positions, max) => {
          const input = text.replaceAll("ü", "u");
          const wanted = input
            .split("\n")
            .filter((line, index, all) => index < all.length - 1 || line !== "")
            .map((line) => `${line.slice(0, max)}\n`)
            .join("");
          expect(await linesOf(input, positions, { maxLineBytes: max })).toBe(wanted);
        },
      ),
    );
  });

  test("takes CR, LF and CR LF as the end of a key_value line", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, cutPositions, async (text, positions) => {
        const out = await linesOf(text, positions, { breaks: "any" });
        const records = (all: string): string[] =>
          all.split(/\r\n|\r|\n/).filter((line) => line !== "");
        expect(out).not.toContain("\r");
        expect(records(out)).toEqual(records(text));
      }),
    );
  });

  test("gives blocks of whole lines, bounded in size", async () => {
    const line = `${"x".repeat(799)}\n`;
    const input = bytesOf(line.repeat(2_000));
    const blocks: number[] = [];
    for await (const block of lines(chunked([input]))) {
      expect(block.at(-1)).toBe(0x0a);
      expect(block.length % line.length).toBe(0);
      blocks.push(block.length);
    }
    expect(blocks.reduce((sum, size) => sum + size, 0)).toBe(input.length);
    expect(Math.max(...blocks)).toBeLessThanOrEqual(64 * 1024 + 256 * 1024);
    for (const size of blocks.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(64 * 1024);
  });

  test("keeps every byte of lines that are longer than a block, wherever they are cut", async () => {
    const long = (from: number) =>
      Array.from({ length: 90_000 }, (_, at) => (from + at).toString(36)).join(" ");
    const text = `${long(1)}\n${long(2)}\nshort\n${long(3)}`;
    await fc.assert(
      fc.asyncProperty(cutPositions, async (positions) => {
        expect((await linesOf(text, positions)) === `${text}\n`).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test("gives no block where there is nothing", async () => {
    for (const chunks of [[], [bytesOf("")], [bytesOf(""), bytesOf("")]]) {
      for await (const block of lines(chunked(chunks))) expect(block.length).toBeGreaterThan(0);
    }
  });

  test("the memory of a file that was read serves the next one: two of them, and none that grew", async () => {
    /** The memory behind the blocks of three files that are read at the same time. */
    const memories = async (text: string) => {
      const files = [1, 2, 3].map(() => lines(chunked([bytesOf(text)])));
      const blocks = await Promise.all(files.map((file) => file.next()));
      for (const file of files) await file.return(undefined);
      return blocks.map(({ value }) => (value as Uint8Array).buffer);
    };
    const first = await memories("a\n");
    expect(new Set(first).size).toBe(3);
    const second = await memories("b\n");
    expect(second.filter((memory) => first.includes(memory))).toHaveLength(2);
    const grown = await memories(`${"x".repeat(500_000)}\n`);
    const last = await memories("c\n");
    for (const memory of last) {
      expect(grown).not.toContain(memory);
      expect(memory.byteLength).toBe((64 + 256) * 1024);
    }
  });

  test("does not change the caller's bytes", async () => {
    const input = bytesOf("a\rb\r\n");
    await collect(lines(chunked([input]), { breaks: "any" }));
    expect(new TextDecoder().decode(input)).toBe("a\rb\r\n");
  });

  test("an endless line keeps to its limit in memory", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 100; i++) yield new Uint8Array(100_000).fill(0x78);
    }
    const blocks: number[] = [];
    for await (const block of lines(endless())) blocks.push(block.length);
    expect(blocks).toEqual([1_000_001]);
  });
});
