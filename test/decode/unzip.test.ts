import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entryKeys, safeName } from "../../plugin/decode/entry_name.ts";
import { openZip } from "../../plugin/decode/unzip.ts";
import { DecodeError } from "../../plugin/errors.ts";
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
