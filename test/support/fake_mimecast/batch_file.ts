import { Readable } from "node:stream";
import { constants, createGzip, gunzipSync, gzipSync } from "node:zlib";
import { type RecordType, TYPE_NAMES } from "./record_types.ts";
import { recordText } from "./records/record.ts";
import { filesOf, type SiemFile, timelineOf, type World } from "./world.ts";

/** Records that are put together before they are handed on. */
const BLOCK = 200;
/** Files up to this many records are built whole: their size is exact and they have a Content-Length. */
export const WHOLE_RECORDS = 5_000;

/** `/mimecast-siem-cg/CEXA00A001/receipt/20240605/receipt_12.json.gz`. */
export function batchPath(family: "cg" | "ci", account: string, file: SiemFile): string {
  const day = new Date(file.atMs).toISOString().slice(0, 10).replaceAll("-", "");
  return `/mimecast-siem-${family}/${account}/${file.type}/${day}/${file.type}_${file.number}.json.gz`;
}

/** The file behind a path, or null. */
export function fileAt(world: World, path: string): SiemFile | null {
  const match = /^\/mimecast-siem-c[gi]\/\w+\/(\w+)\/\d{8}\/\w+?_(\d+)\.json\.gz$/.exec(path);
  const type = TYPE_NAMES.find((name) => name === match?.[1]);
  if (match === null || type === undefined) return null;
  const file = filesOf(world, type as RecordType)[Number(match[2])];
  return file !== undefined && batchPath(familyOf(path), accountOf(path), file) === path
    ? file
    : null;
}

/** The lines of a file, made while they are read. The last line has no line feed (reference 2.3). */
export async function* batchLines(world: World, file: SiemFile): AsyncGenerator<Uint8Array> {
  const end = file.first + file.count;
  for (let start = file.first; start < end; start += BLOCK) {
    yield Buffer.from(linesText(world, file, start, Math.min(end, start + BLOCK)), "utf8");
  }
}

/** The gzip of a small file. */
export function wholeBatchFile(world: World, file: SiemFile): Uint8Array {
  const text = linesText(world, file, file.first, file.first + file.count);
  return gzipSync(text, { level: constants.Z_BEST_SPEED });
}

/** The gzip of lines as a stream. */
export async function* gzipStream(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(lines);
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  source.on("error", (error) => gzip.destroy(error));
  try {
    yield* source.pipe(gzip);
  } finally {
    source.destroy();
    gzip.destroy();
  }
}

/** A gzip whose check sum does not fit its content. */
export function damageCrc(gzip: Uint8Array): Uint8Array {
  const damaged = Uint8Array.from(gzip);
  const position = damaged.length - 8;
  damaged[position] = (damaged[position] ?? 0) ^ 0xff;
  return damaged;
}

/** The lines of a gzip changed and packed again. */
export function changeLines(gzip: Uint8Array, change: (lines: Buffer) => Uint8Array): Uint8Array {
  return gzipSync(change(gunzipSync(gzip)), { level: constants.Z_BEST_SPEED });
}

function linesText(world: World, file: SiemFile, start: number, stop: number): string {
  const timeline = timelineOf(world, file.type);
  let text = "";
  for (let index = start; index < stop; index += 1) {
    const atMs = timeline.timeOf(index);
    text += recordText({ type: file.type, index, seed: world.seed, atMs }, "batch");
    if (index < file.first + file.count - 1) text += "\n";
  }
  return text;
}

function familyOf(path: string): "cg" | "ci" {
  return path.startsWith("/mimecast-siem-ci/") ? "ci" : "cg";
}

function accountOf(path: string): string {
  return path.split("/")[2] ?? "";
}
