import { crc32 } from "node:zlib";
import * as yauzl from "yauzl";
import { DecodeError } from "../errors.ts";
import { entryKeys } from "./entry_name.ts";

/** One file inside a zip archive. */
export interface ZipEntry {
  /** The entry's name made safe, and made unique in this archive. */
  readonly name: string;
  /** Name, size and CRC-32, as the directory has them: the same for the same file in another archive. */
  readonly identity: string;
  /** The content, piece by piece, checked against size and CRC-32 at its end. */
  read(): AsyncIterable<Uint8Array>;
  /** The content as far as it can be unpacked, unchecked: for the quarantine folder. */
  salvage(): AsyncIterable<Uint8Array>;
}

/** More entries than this are no batch of log files. */
const MAX_ENTRIES = 100_000;

/**
 * The files of the zip archive at `path` (APPNOTE 6.3), folders left out. What is no archive, is empty or cut
 * is a `DecodeError`; a damaged entry is one only when it is read.
 */
export async function openZip(path: string): Promise<ZipEntry[]> {
  const found = await readDirectory(path);
  const files = found.filter((entry) => !rawName(entry).endsWith("/"));
  const names = entryKeys(files.map(rawName));
  return files.map((entry, index) => ({
    name: names[index] as string,
    identity: `${rawName(entry)}|${entry.uncompressedSize}|${entry.crc32}`,
    read: () => readEntry(path, entry, true),
    salvage: () => readEntry(path, entry, false),
  }));
}

async function readDirectory(path: string): Promise<yauzl.Entry[]> {
  const archive = await open(path);
  return new Promise((resolve, reject) => {
    const entries: yauzl.Entry[] = [];
    archive.on("error", (cause) => reject(damaged("its directory is damaged", cause)));
    archive.on("end", () => resolve(entries));
    archive.on("entry", (entry: yauzl.Entry) => {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) {
        archive.close();
        reject(damaged(`it has more than ${MAX_ENTRIES} entries`));
      } else archive.readEntry();
    });
    archive.readEntry();
  });
}

/** Names stay bytes: yauzl would refuse the whole archive for one name that climbs out of a folder. */
function open(path: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: true, decodeStrings: false };
    yauzl.open(path, options, (cause, archive) => {
      if (cause) reject(damaged("it is no zip archive, or it is cut", cause));
      else resolve(archive);
    });
  });
}

function rawName(entry: yauzl.Entry): string {
  return entry.fileNameRaw.toString("utf8");
}

async function* readEntry(
  path: string,
  entry: yauzl.Entry,
  isChecked: boolean,
): AsyncGenerator<Uint8Array> {
  const archive = await open(path);
  let sum = 0;
  try {
    for await (const piece of await openEntry(archive, entry)) {
      if (isChecked) sum = crc32(piece as Uint8Array, sum);
      yield piece as Uint8Array;
    }
  } catch (cause) {
    if (!isChecked) return;
    throw damaged("an entry is damaged", cause);
  } finally {
    archive.close();
  }
  if (isChecked && sum !== entry.crc32) throw damaged("an entry's checksum is wrong");
}

function openEntry(archive: yauzl.ZipFile, entry: yauzl.Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (cause, stream) => {
      if (cause) reject(cause);
      else resolve(stream);
    });
  });
}

function damaged(why: string, cause?: unknown): DecodeError {
  return new DecodeError(`Cannot unpack the zip archive: ${why}`, { code: "zip", cause });
}
