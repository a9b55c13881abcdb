import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gunzip } from "../../plugin/decode/gunzip.ts";
import { DecodeError, NetworkError } from "../../plugin/errors.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPlaces } from "../support/pieces.ts";

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
        cutPlaces,
        async (first, second, places) => {
          const file = Buffer.concat([gzipSync(first), gzipSync(second)]);
          const out = await collect(gunzip(chunked(cutAt(file, places))));
          expect(out.equals(Buffer.concat([first, second]))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("passes through what does not start with 1f 8b, an empty stream and a single byte included", async () => {
    for (const text of ['{"a":1}\n', "", "\x1f", "\x1fx"]) {
      const pieces = [...bytesOf(text)].map((byte) => Uint8Array.of(byte));
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

  test("stops at maxOutputBytes", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const { text, error } = await drain(gunzip(chunked([bomb]), { maxOutputBytes: 1_000_000 }));
    expect(error).toMatchObject({ code: "too_large" });
    expect(text.length).toBeLessThanOrEqual(1_000_000);
  });

  test("an error of the source stays what it is", async () => {
    const reset = new NetworkError("Cannot reach", { code: "reset" });
    const file = gzipSync(Buffer.from("x".repeat(100_000)));
    const { error } = await drain(gunzip(chunked([file.subarray(0, 50), reset])));
    expect(error).toBe(reset);
  });

  test("a reader that stops early closes the source", async () => {
    let isClosed = false;
    const file = gzipSync(Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 251)));
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
