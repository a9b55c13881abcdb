import {
  batchLines,
  changeLines,
  damageCrc,
  fileAt,
  gzipStream,
  WHOLE_RECORDS,
  wholeBatchFile,
} from "./batch_file.ts";
import { type Answer, type Call, type Handed, violate } from "./call.ts";
import { killLinks, refuseLink } from "./pre_signed.ts";
import type { SiemFile, World } from "./world.ts";

/** Finished small files, newest last: a listing tells their size, the download sends the same bytes. */
const KEPT_BYTES = 32 * 1024 * 1024;
const kept = new WeakMap<World, Map<SiemFile, Uint8Array>>();

/** GET of a pre-signed link on the storage host (reference 2.3). */
export function download(world: World, call: Call): Answer {
  if (call.method !== "GET") {
    violate(world, call.path, "method", `must be GET: current value is ${call.method}`);
    return xml(
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource",
    );
  }
  if (call.headers.authorization !== undefined) {
    violate(world, call.path, "link", "Authorization must never reach the storage");
    return xml(400, "InvalidArgument", "Only one auth mechanism allowed");
  }
  const refused = refuseLink(world, call.path, call.query);
  if (refused !== null) return xml(403, ...refused);
  const file = fileAt(world, call.path);
  if (file === null) return xml(404, "NoSuchKey", "The specified key does not exist");
  if (call.fault?.fault === "expired_link") {
    killLinks(world, call.path);
    return xml(403, "AccessDenied", "Request has expired");
  }
  return fileAnswer(world, call, file);
}

/** Faults of the content: for these the file is built whole, whatever its size. */
const CONTENT_FAULTS = ["crc_damaged", "truncated_gzip", "non_json_line", "invalid_utf8"] as const;

/** Bytes of the gzip: exact for a small file, an estimate for a large one. */
export function sizeOf(world: World, file: SiemFile): number {
  return file.count <= WHOLE_RECORDS ? whole(world, file).length : file.count * 220;
}

function fileAnswer(world: World, call: Call, file: SiemFile): Answer {
  const headers = { "content-type": "application/gzip", "accept-ranges": "bytes" };
  const fault = CONTENT_FAULTS.find((name) => name === call.fault?.fault);
  if (fault === undefined && file.count > WHOLE_RECORDS) {
    return { status: 200, headers, body: gzipStream(handedOut(world, file)) };
  }
  const gzip = whole(world, file);
  const damaged = fault === "crc_damaged" || fault === "truncated_gzip";
  return {
    status: 200,
    headers,
    body: damage(gzip, fault),
    ...(damaged ? {} : { handed: recordsOf(file) }),
  };
}

function damage(gzip: Uint8Array, fault: (typeof CONTENT_FAULTS)[number] | undefined): Uint8Array {
  switch (fault) {
    case "crc_damaged":
      return damageCrc(gzip);
    case "truncated_gzip":
      return gzip.subarray(0, Math.floor(gzip.length / 2));
    case "non_json_line":
      return changeLines(gzip, (lines) =>
        Buffer.concat([Buffer.from("This is not JSON\n"), lines]),
      );
    case "invalid_utf8":
      return changeLines(gzip, (lines) => {
        const at = lines.indexOf(0x40);
        return Buffer.concat([lines.subarray(0, at), Buffer.from([0xff]), lines.subarray(at)]);
      });
    case undefined:
      return gzip;
  }
}

async function* handedOut(world: World, file: SiemFile): AsyncGenerator<Uint8Array> {
  let index = file.first;
  for await (const lines of batchLines(world, file)) {
    const stop = Math.min(file.first + file.count, index + 200);
    for (; index < stop; index += 1) world.ledger.mark(file.type, index);
    yield lines;
  }
}

function* recordsOf(file: SiemFile): Generator<Handed> {
  for (let index = file.first; index < file.first + file.count; index += 1) {
    yield { type: file.type, index };
  }
}

function whole(world: World, file: SiemFile): Uint8Array {
  const files = kept.get(world) ?? new Map<SiemFile, Uint8Array>();
  kept.set(world, files);
  const known = files.get(file);
  if (known !== undefined) return known;
  const gzip = wholeBatchFile(world, file);
  files.set(file, gzip);
  let bytes = 0;
  for (const { length } of files.values()) bytes += length;
  for (const [oldest, { length }] of files) {
    if (bytes <= KEPT_BYTES) break;
    files.delete(oldest);
    bytes -= length;
  }
  return gzip;
}

function xml(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}
