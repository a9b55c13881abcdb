import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import * as yauzl from "yauzl";
import { DecodeError, isKnownError } from "../errors.ts";
import { entryKeys } from "./entry_name.ts";
import { checkUnpacked, UNPACK_LIMITS } from "./unpack_limits.ts";
import { ZipReader } from "./zip_reader.ts";

/** One file inside a zip archive. */
export interface ZipEntry {
  /** The entry's name, safe and unique in this archive. */
  readonly name: string;
  /** Name, size and CRC-32 from the archive's directory: the same for the same file in another archive. */
  readonly identity: string;
  /** The content, piece by piece; at its end it is checked against size and CRC-32. */
  read(): AsyncIterable<Uint8Array>;
  /** The content as far as it can be unpacked, unchecked: for the quarantine folder. */
  salvage(): AsyncIterable<Uint8Array>;
}

/** More entries than this are no batch of log files. */
const MAX_ENTRIES = 50_000;
/** Bounds the names, comments and extra fields, which stay in memory. */
const MAX_DIRECTORY_BYTES = 16 * 1024 ** 2;
/** The fixed part of an entry in the directory (APPNOTE 4.3.12). */
const ENTRY_BYTES = 46;

/**
 * The files of the zip archive at `path` (APPNOTE 6.3), without folders. Throws a `DecodeError` for a file that is no
 * archive, is empty, cut or absurd; reading a damaged entry throws one too. Throws a `StateError` if the system refuses.
 */
export async function openZip(path: string): Promise<ZipEntry[]> {
  const found = await readDirectory(path);
  const files = found.filter((entry) => !isFolder(entry));
  const names = entryKeys(files.map(rawName));
  return files.map((entry, index) => ({
    name: names[index] as string,
    identity: `${rawName(entry)}|${entry.uncompressedSize}|${entry.crc32}`,
    read: () => readEntry(path, entry, true),
    salvage: () => readEntry(path, entry, false),
  }));
}

/** An entry with data is a file, whatever its name. */
function isFolder(entry: yauzl.Entry): boolean {
  return rawName(entry).endsWith("/") && entry.uncompressedSize === 0;
}

async function readDirectory(path: string): Promise<yauzl.Entry[]> {
  return withArchive<yauzl.Entry[]>(path, (archive, fail) => {
    const entries: yauzl.Entry[] = [];
    let bytes = 0;
    return new Promise((resolve) => {
      archive.on("end", () => resolve(entries));
      archive.on("entry", (entry: yauzl.Entry) => {
        entries.push(entry);
        bytes += ENTRY_BYTES + entry.fileNameLength + entry.extraFieldLength;
        bytes += entry.fileCommentLength;
        if (entries.length > MAX_ENTRIES) fail(damaged(`it has more than ${MAX_ENTRIES} entries`));
        else if (bytes > MAX_DIRECTORY_BYTES) fail(damaged("its directory is too large"));
        else archive.readEntry();
      });
      archive.readEntry();
    });
  }).catch((error) => {
    throw isKnownError(error) ? error : damaged("it is no zip archive, or it is cut", error);
  });
}

/** Opens the archive, works on it, and closes it. Rejects as soon as `fail` is called, whoever calls it. */
async function withArchive<T>(
  path: string,
  work: (archive: yauzl.ZipFile, fail: (error: unknown) => void) => Promise<T>,
): Promise<T> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const reader = await ZipReader.open(path, fail);
  reader.on("error", () => {}); // closing a file that was only read loses nothing
  let archive: yauzl.ZipFile | undefined;
  try {
    archive = await Promise.race([openArchive(reader), failed]);
    archive.on("error", fail);
    return await Promise.race([work(archive, fail), failed]);
  } finally {
    if (archive === undefined) reader.close(() => {});
    else archive.close();
  }
}

/** Names stay bytes: yauzl would refuse the whole archive because of one name that leaves its folder. */
function openArchive(reader: ZipReader): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    yauzl.fromRandomAccessReader(reader, reader.size, options, (cause, archive) => {
      if (cause) reject(cause);
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
  if (isChecked) checkUnpacked(entry.uncompressedSize, entry.compressedSize, UNPACK_LIMITS);
  let sum = 0;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  try {
    const stream = await new Promise<Readable>((resolve, reject) => {
      // The archive stays open until this generator has ended.
      withArchive(path, async (archive) => {
        resolve(await openEntry(archive, entry));
        await ended;
      }).catch(reject);
    });
    for await (const piece of stream) {
      if (isChecked) sum = crc32(piece as Uint8Array, sum);
      yield piece as Uint8Array;
    }
  } catch (cause) {
    if (isKnownError(cause)) throw cause;
    if (!isChecked) return;
    throw damaged("an entry is damaged", cause);
  } finally {
    end();
  }
  if (isChecked && sum !== entry.crc32) throw damaged("an entry's checksum is wrong");
}

function openEntry(archive: yauzl.ZipFile, entry: yauzl.Entry): Promise<Readable> {
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
