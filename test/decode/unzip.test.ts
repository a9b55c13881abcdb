import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { entryKeys, safeName } from "../../plugin/decode/entry_name.ts";
import { spooledFile } from "../../plugin/decode/spooled_file.ts";
import { openZip } from "../../plugin/decode/unzip.ts";
import { DecodeError, StateError } from "../../plugin/errors.ts";
import { runs } from "../support/amount.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { writeZip } from "../support/fake_mimecast/zip_writer.ts";

let folder = "";
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unzip-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function zipOf(entries: Readonly<Record<string, string>>): Promise<Buffer> {
  return collect(
    writeZip(
      Object.entries(entries).map(([name, text]) => ({
        name,
        content: chunked([Buffer.from(text)]),
      })),
    ),
  );
}

async function saved(bytes: Uint8Array): Promise<string> {
  const path = join(folder, String(files++));
  await writeFile(path, bytes);
  return path;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return "no error";
}

describe("openZip()", () => {
  test("gives the files of an archive, in order, without its folders", async () => {
    const text = "line\n".repeat(100_000);
    const path = await saved(await zipOf({ "logs/": "", "logs/b.json": text, "a.json": "" }));
    const entries = await openZip(path);
    expect(entries.map((entry) => entry.name)).toEqual(["b.json", "a.json"]);
    const read = await Promise.all(entries.map((entry) => collect(entry.read())));
    expect(read.map(String)).toEqual([text, ""]);
  });

  test("an archive without files has no entries", async () => {
    expect(await openZip(await saved(await zipOf({})))).toEqual([]);
  });

  test("what is no archive, is empty or cut is a DecodeError", async () => {
    const zip = await zipOf({ "a.json": '{"data":[]}' });
    for (let end = 0; end < zip.length; end += 7) {
      expect(await codeOf(openZip(await saved(zip.subarray(0, end)))), `cut at ${end}`).toBe("zip");
    }
    expect(await codeOf(openZip(await saved(Buffer.from("not a zip archive at all"))))).toBe("zip");
  });

  test("a damaged entry is a DecodeError when it is read, and the others are not", async () => {
    const good = "record\n".repeat(50);
    const zip = await zipOf({ "bad.json": "abc".repeat(500), "good.json": good });
    const at = zip.indexOf("bad.json") + "bad.json".length + 3;
    zip[at] = (zip[at] as number) ^ 0xff;
    const [bad, fine] = await openZip(await saved(zip));
    expect(await codeOf(collect(bad?.read() ?? chunked([])))).toBe("zip");
    expect(String(await collect(fine?.read() ?? chunked([])))).toBe(good);
  });

  test("a wrong checksum is a DecodeError, and what was unpacked can be salvaged", async () => {
    const zip = await zipOf({ "a.json": "some text" });
    const crcInDirectory = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16;
    zip[crcInDirectory] = (zip[crcInDirectory] as number) ^ 0xff;
    const [entry] = await openZip(await saved(zip));
    expect(await codeOf(collect(entry?.read() ?? chunked([])))).toBe("zip");
    expect(String(await collect(entry?.salvage() ?? chunked([])))).toBe("some text");
  });

  test("a name that climbs out of its folder costs nothing but the name", async () => {
    const path = await saved(await zipOf({ "../../etc/passwd": "x", "C:\\a\\b.json": "y" }));
    expect((await openZip(path)).map((entry) => entry.name)).toEqual(["passwd", "b.json"]);
  });
});

describe("openZip() and what an archive says of itself", () => {
  const CRASH = new URL("../../../shared/review/zip64_crash.zip", import.meta.url);

  test.skipIf(!existsSync(CRASH))(
    "an offset that no file has is a DecodeError (skipped without the sample)",
    async () => {
      expect(await codeOf(openZip(fileURLToPath(CRASH)))).toBe("zip");
    },
  );

  test("any 64-bit value in any field of a zip64 trailer gives the entries or a DecodeError", async () => {
    const zip = zip64(await zipOf({ "a.json": '{"data":[]}' }));
    expect((await openZip(await saved(zip))).map((entry) => entry.name)).toEqual(["a.json"]);
    const trailer = zip.length - TRAILER_BYTES;
    const values = [0n, 1n, 0xffff_ffffn, 2n ** 53n, 2n ** 60n, 2n ** 63n, 2n ** 64n - 1n];
    // What begins so near to the end breaks off in the middle.
    values.push(BigInt(zip.length - 27));
    for (let at = trailer; at + 8 <= zip.length; at += 2) {
      for (const value of values) {
        const changed = Buffer.from(zip);
        changed.writeBigUInt64LE(value, at);
        expect(["zip", "too_large", "no error"]).toContain(
          await codeOf(readAll(await saved(changed))),
        );
      }
    }
  });

  test("1 to 8 changed bytes anywhere give the content, less of it, or a DecodeError", async () => {
    const zip = zip64(
      await zipOf({ "a.json": '{"data":[1]}', "b/": "", "c.json": "x".repeat(99) }),
    );
    const bytes = fc.tuple(
      fc.oneof(fc.nat(zip.length - 1), fc.integer({ min: zip.length - 200, max: zip.length - 1 })),
      fc.oneof(fc.constant(0xff), fc.nat(255)),
    );
    const path = await saved(zip);
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 8 }), async (changes) => {
        const changed = Buffer.from(zip);
        for (const [at, byte] of changes) changed[at] = byte;
        await writeFile(path, changed);
        expect(["zip", "too_large", "no error"]).toContain(await codeOf(readAll(path)));
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("an entry that has a folder's name and holds data is a file", async () => {
    const path = await saved(await zipOf({ "logs/": "", "more/": "a record" }));
    const entries = await openZip(path);
    expect(entries).toHaveLength(1);
    expect(String(await collect(entries[0]?.read() ?? chunked([])))).toBe("a record");
  });

  test.each([
    ["names", 28],
    ["extra fields", 30],
    ["comments", 32],
  ])("a directory of many megabytes of %s is refused before it is in memory", async (_what, at) => {
    const record = Buffer.alloc(46 + 60_000);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(60_000, at);
    const count = 300;
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(count, 10);
    const path = await saved(Buffer.concat([...Array<Buffer>(count).fill(record), end]));
    await expect(openZip(path)).rejects.toThrow("its directory is too large");
  });

  test("a directory of too many entries is refused", async () => {
    const record = Buffer.alloc(46 + 1, "n");
    record.writeUInt32LE(0x02014b50, 0);
    record.fill(0, 4, 46);
    record.writeUInt16LE(1, 28);
    const count = 50_001;
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(count, 10);
    const path = await saved(Buffer.concat([...Array<Buffer>(count).fill(record), end]));
    await expect(openZip(path)).rejects.toThrow("it has more than 50000 entries");
  });

  test("an entry that is encrypted is a DecodeError, and nothing can be salvaged", async () => {
    const zip = await zipOf({ "a.json": "some text" });
    for (const [mark, flags] of [
      [Buffer.from([0x50, 0x4b, 1, 2]), 8],
      [Buffer.from([0x50, 0x4b, 3, 4]), 6],
    ] as const) {
      const at = zip.indexOf(mark) + flags;
      zip.writeUInt16LE(zip.readUInt16LE(at) | 1, at);
    }
    const [entry] = await openZip(await saved(zip));
    expect(await codeOf(collect(entry?.read() ?? chunked([])))).toBe("zip");
    expect(String(await collect(entry?.salvage() ?? chunked([Buffer.from("x")])))).toBe("");
  });

  test("an entry that would unpack to an absurd size is refused before it is read", async () => {
    const zip = await zipOf({ "a.json": "some text" });
    const inDirectory = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    zip.writeUInt32LE(0xffff_fff0, inDirectory + 24);
    zip.writeUInt16LE(8, inDirectory + 10);
    const [entry] = await openZip(await saved(zip));
    expect(await codeOf(collect(entry?.read() ?? chunked([])))).toBe("too_large");
    expect(await codeOf(collect(entry?.salvage() ?? chunked([])))).toBe("no error");
  });

  test("a file that the system does not give is no damage", async () => {
    await expect(openZip(join(folder, "not there"))).rejects.toMatchObject({
      code: "state_enoent",
    });
    await expect(openZip(folder)).rejects.toMatchObject({ code: "state_eisdir" });
    await expect(collect(spooledFile(join(folder, "not there")))).rejects.toBeInstanceOf(
      StateError,
    );
    const path = await saved(await zipOf({ "a.json": "text" }));
    const [entry] = await openZip(path);
    await rm(path);
    await expect(collect(entry?.read() ?? chunked([]))).rejects.toMatchObject({
      code: "state_enoent",
    });
  });

  test("an archive that breaks off inside its directory is a DecodeError", async () => {
    const zip = await zipOf({ "a.json": "text", "b.json": "text" });
    zip[zip.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))] = 0;
    expect(await codeOf(openZip(await saved(zip)))).toBe("zip");
  });

  test("a reader that stops early, and one of no archive, leaves no file open", async () => {
    const path = await saved(await zipOf({ "a.json": "text ".repeat(200_000) }));
    const [entry] = await openZip(path);
    for await (const piece of entry?.read() ?? chunked([])) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const none = await saved(Buffer.from("no archive at all, but long enough to be one"));
    expect(await codeOf(openZip(none))).toBe("zip");
    const isOpen = () =>
      readdirSync("/proc/self/fd").some((fd) => {
        try {
          return [path, none].includes(readlinkSync(`/proc/self/fd/${fd}`));
        } catch {
          return false;
        }
      });
    await vi.waitFor(() => expect(isOpen()).toBe(false), { timeout: 300_000 });
  });
});

/** Record, locator and end of central directory. */
const TRAILER_BYTES = 56 + 20 + 22;

/** The archive with a zip64 trailer (APPNOTE 4.3.14, 4.3.15). */
function zip64(zip: Buffer): Buffer {
  const end = zip.subarray(zip.length - 22);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(8)), 24);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(10)), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(zip.length - 22), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([zip.subarray(0, zip.length - 22), record, locator, end]);
}

async function readAll(path: string): Promise<void> {
  for (const entry of await openZip(path)) {
    await collect(entry.salvage());
    await collect(entry.read());
  }
}

describe("safeName()", () => {
  test("leaves nothing that is a path, a control sequence or hidden", () => {
    expect(safeName("receipt_20211018093329655.json")).toBe("receipt_20211018093329655.json");
    expect(safeName("..")).toBe("_");
    expect(safeName("a/..\\.hidden")).toBe("_hidden");
    expect(safeName("x\u001b[31m\u0000\n.json")).toBe("x_31m_.json");
    expect(safeName("")).toBe("_");
    expect(safeName(`${"n".repeat(300)}.json`)).toHaveLength(128);
  });
});

describe("entryKeys()", () => {
  test("keeps names apart that became the same", () => {
    expect(entryKeys(["a/x.json", "b/x.json", "x.json", "x.json~2"])).toEqual([
      "x.json",
      "x.json~2",
      "x.json~3",
      "x.json_2",
    ]);
  });
});
