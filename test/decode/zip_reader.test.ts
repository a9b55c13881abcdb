import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ZipReader } from "../../plugin/decode/zip_reader.ts";
import { StateError } from "../../plugin/errors.ts";
import { collect } from "../support/fake_effects.ts";

const CONTENT = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 7919) % 251));
let folder = "";
let path = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zip-reader-"));
  path = join(folder, "archive");
  await writeFile(path, CONTENT);
});
afterAll(() => rm(folder, { recursive: true }));

/** A reader, the errors that nobody waits for, and its answers as promises. */
async function opened() {
  const failures: unknown[] = [];
  const reader = await ZipReader.open(path, (error) => failures.push(error));
  const read = (buffer: Buffer, offset: number, length: number, position: number) =>
    new Promise<number>((resolve, reject) => {
      reader.read(buffer, offset, length, position, (error, bytesRead) => {
        if (error === null) resolve(bytesRead as number);
        else reject(error);
      });
    });
  const close = () => new Promise<Error | null>((resolve) => reader.close(resolve));
  return { reader, read, close, failures };
}

describe("ZipReader", () => {
  test("reads into the middle of a buffer, as far as the file goes", async () => {
    const { reader, read, close } = await opened();
    expect(reader.size).toBe(CONTENT.length);
    const buffer = Buffer.alloc(10);
    expect(await read(buffer, 2, 5, 100)).toBe(5);
    expect([...buffer]).toEqual([0, 0, ...CONTENT.subarray(100, 105), 0, 0, 0]);
    expect(await read(buffer, 0, 10, CONTENT.length - 3)).toBe(3);
    expect(await read(buffer, 0, 10, CONTENT.length)).toBe(0);
    expect(await read(buffer, 0, 10, 0)).toBe(10);
    expect(await close()).toBeNull();
  });

  test.each([-1, CONTENT.length + 1, 2 ** 53, 0.5, Number.NaN])(
    "asks for nothing outside of the file: %d",
    async (position) => {
      const { read, close } = await opened();
      await expect(read(Buffer.alloc(1), 0, 1, position)).rejects.toThrow(RangeError);
      await close();
    },
  );

  test.each([
    [0, CONTENT.length],
    [5, 300_005],
    [600_000, CONTENT.length + 50_000],
    [7, 7],
  ])("streams the bytes from %d to %d, in pieces of bounded size", async (from, to) => {
    const { reader, close } = await opened();
    const pieces: Buffer[] = [];
    for await (const piece of reader._readStreamForRange(from, to)) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).equals(CONTENT.subarray(from, to))).toBe(true);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(256 * 1024);
    await close();
  });

  test("what a callback throws ends the reading, not the process", async () => {
    const { reader, close, failures } = await opened();
    const thrown = new Error("an offset of 2^63");
    const called: (Error | null)[] = [];
    await new Promise<void>((resolve) => {
      reader.read(Buffer.alloc(1), 0, 1, 0, (error) => {
        called.push(error);
        setImmediate(resolve);
        throw thrown;
      });
    });
    expect(failures).toEqual([thrown]);
    expect(called).toEqual([null]);
    await close();
  });

  test("a file that the system does not give is a StateError", async () => {
    const { read, close } = await opened();
    await close();
    await expect(read(Buffer.alloc(1), 0, 1, 0)).rejects.toBeInstanceOf(StateError);
    await expect(ZipReader.open(join(folder, "none"), () => {})).rejects.toBeInstanceOf(StateError);
  });

  test("a stream of a file that the system does not give fails", async () => {
    const { reader, close } = await opened();
    await close();
    await expect(collect(reader._readStreamForRange(0, 10))).rejects.toBeInstanceOf(StateError);
  });
});
