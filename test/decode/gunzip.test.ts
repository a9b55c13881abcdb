import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gunzip } from "../../plugin/decode/gunzip.ts";
import { DecodeError, NetworkError } from "../../plugin/errors.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

/** Bytes that do not pack, the same ones each time. */
function noise(length: number): Buffer {
  let seed = 1;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed & 0xff;
    }),
  );
}

/** What came out before the error, and the error. */
async function drain(stream: AsyncIterable<Uint8Array>): Promise<{ text: string; error: unknown }> {
  let text = "";
  try {
    for await (const piece of stream) text += Buffer.from(piece).toString("latin1");
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

describe("gunzip()", () => {
  test("unpacks wherever the pieces are cut, several members included", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.uint8Array({ maxLength: 3_000 }),
        cutPositions,
        async (first, second, positions) => {
          const file = Buffer.concat([gzipSync(first), gzipSync(second)]);
          const out = await collect(gunzip(chunked(cutAt(file, positions))));
          expect(out.equals(Buffer.concat([first, second]))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("passes through what does not start with 1f 8b, an empty stream and a single byte included", async () => {
    for (const text of ['{"a":1}\n', "", "\x1f", "\x1fx", "x\x8b"]) {
      const pieces = [...Buffer.from(text, "latin1")].map((byte) => Uint8Array.of(byte));
      expect((await collect(gunzip(chunked(pieces)))).toString("latin1")).toBe(text);
    }
  });

  test("ignores the zero bytes that pad a file", async () => {
    const file = Buffer.concat([gzipSync("abc"), Buffer.alloc(512)]);
    expect((await collect(gunzip(chunked([file])))).toString()).toBe("abc");
  });

  test("a file cut anywhere is a DecodeError", async () => {
    const file = gzipSync(Buffer.from("a record\n".repeat(200)));
    for (let end = 2; end < file.length; end++) {
      const { error } = await drain(gunzip(chunked([file.subarray(0, end)])));
      expect(error, `cut at ${end}`).toBeInstanceOf(DecodeError);
      expect((error as DecodeError).code).toBe("gzip");
    }
  });

  test("a wrong checksum is a DecodeError", async () => {
    const file = gzipSync("a record\n");
    file[file.length - 5] = (file.at(-5) as number) ^ 0xff;
    const { error } = await drain(gunzip(chunked([file])));
    expect(error).toBeInstanceOf(DecodeError);
  });

  test("a second member that is cut is a DecodeError after the first one's content", async () => {
    const second = gzipSync("second\n");
    const file = Buffer.concat([gzipSync("first\n"), second.subarray(0, second.length - 3)]);
    const { text, error } = await drain(gunzip(chunked([file])));
    expect(text.startsWith("first\n")).toBe(true);
    expect(error).toBeInstanceOf(DecodeError);
  });

  test("stops at what no file comes to, in bytes and in ratio", async () => {
    const limits = { maxBytes: 1_000_000, maxRatio: 10_000, freeBytes: 0 };
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const { text, error } = await drain(gunzip(chunked([bomb]), { limits }));
    expect(error).toMatchObject({ code: "too_large" });
    expect(text.length).toBeLessThanOrEqual(1_000_000);
    const dense = { maxBytes: 20_000_000, maxRatio: 250, freeBytes: 100_000 };
    const packed = await drain(gunzip(chunked([bomb]), { limits: dense }));
    expect(packed.error).toMatchObject({ code: "too_large" });
    expect(packed.text.length).toBeLessThan(5_000_000);
    const honest = gzipSync(Buffer.alloc(90_000));
    expect((await drain(gunzip(chunked([honest]), { limits: dense }))).error).toBeNull();
  });

  test("whatever follows its end, but for zero bytes, is a DecodeError, wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
        fc.nat(300_000),
        fc
          .uint8Array({ minLength: 1, maxLength: 50 })
          .filter((rest) => rest.some((byte) => byte > 0)),
        cutPositions,
        async (content, zeros, rest, positions) => {
          const file = Buffer.concat([gzipSync(content), Buffer.alloc(zeros + 1)]);
          const padded = await drain(gunzip(chunked(cutAt(file, positions))));
          expect(padded).toEqual({ text: Buffer.from(content).toString("latin1"), error: null });
          const hidden = Buffer.concat([file, gzipSync("hidden"), rest]);
          const { error } = await drain(gunzip(chunked(cutAt(hidden, positions))));
          expect(error).toMatchObject({ code: "gzip" });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("only: takes nothing but gzip, and says what came instead", async () => {
    const only = (contentType: string) => ({ only: { contentType: () => contentType } });
    const page = await drain(gunzip(chunked([bytesOf("<html></html>")]), only("text/html")));
    expect(page.error).toMatchObject({ code: "not_gzip" });
    expect(String(page.error)).toContain('a page (content type "text/html")');
    expect((page.error as DecodeError).hint).toContain("gateway");
    for (const [text, type, what] of [
      ['{"a":1}\n', "application/gzip", "something else"],
      ["<html>", "application/gzip", "a page"],
      ["blocked", "text/html; charset=utf-8", "a page"],
    ] as const) {
      const { error } = await drain(gunzip(chunked([bytesOf(text)]), only(type)));
      expect(error).toMatchObject({ code: "not_gzip" });
      expect(String(error)).toContain(`${what} (content type "${type}")`);
    }
    expect((await drain(gunzip(chunked([gzipSync("x")]), only("text/html")))).error).toBeNull();
    expect((await drain(gunzip(chunked([]), only("none")))).error).toBeNull();
  });

  test("reuse: gives the memory of a piece back once the next one is asked for, and no byte before", async () => {
    const content = noise(600_000);
    const file = gzipSync(content);
    for (const reuse of [true, false]) {
      for (const size of [1_000, file.length]) {
        const parts = Array.from({ length: Math.ceil(file.length / size) }, (_, index) =>
          file.subarray(index * size, (index + 1) * size),
        );
        const pieces: Uint8Array[] = [];
        const copies: Buffer[] = [];
        for await (const piece of gunzip(chunked(parts), reuse ? { reuse } : {})) {
          pieces.push(piece);
          copies.push(Buffer.from(piece));
        }
        expect(Buffer.concat(copies).equals(content)).toBe(true);
        const kept = pieces.reduce((sum, piece) => sum + piece.length, 0);
        // What is left is in the last buffer, which zlib had not filled.
        if (reuse) expect(kept).toBeLessThan(128 * 1024);
        else expect(kept).toBe(content.length);
      }
    }
  });

  test("what came before an error of the source comes out", async () => {
    const reset = new NetworkError("Cannot reach", { code: "reset" });
    expect(await drain(gunzip(chunked([bytesOf("ab"), reset])))).toEqual({
      text: "ab",
      error: reset,
    });
  });

  test("takes a source that can't be closed", async () => {
    for (const content of [gzipSync("text"), bytesOf("text")]) {
      const pieces = [content, new Uint8Array(0)].values();
      const source = { [Symbol.asyncIterator]: () => ({ next: async () => pieces.next() }) };
      expect(await drain(gunzip(source as AsyncIterable<Uint8Array>))).toEqual({
        text: "text",
        error: null,
      });
    }
  });

  test("an error of the source stays what it is", async () => {
    const file = gzipSync(Buffer.from("x".repeat(100_000)));
    for (const thrown of [
      new NetworkError("Cannot reach", { code: "reset" }),
      new Error("without a code"),
      Object.assign(new Error("a number"), { code: 5 }),
    ]) {
      const { error } = await drain(gunzip(chunked([file.subarray(0, 50), thrown])));
      expect(error).toBe(thrown);
    }
  });

  test("a reader that stops early closes the source", async () => {
    let isClosed = false;
    const file = gzipSync(noise(400_000));
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (let at = 0; at < file.length; at += 100) yield file.subarray(at, at + 100);
      } finally {
        isClosed = true;
      }
    }
    for await (const piece of gunzip(source())) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(true);
  });
});
