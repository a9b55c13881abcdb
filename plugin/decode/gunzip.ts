import { pipeline, Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { DecodeError } from "../errors.ts";
import { peeked } from "./peeked.ts";
import { createTail, type Tail } from "./tail.ts";
import { checkUnpacked, UNPACK_LIMITS, type UnpackLimits } from "./unpack_limits.ts";

/** How `gunzip` works. */
export interface GunzipOptions {
  readonly limits?: UnpackLimits;
  /**
   * The caller needs a piece only until it asks for the next. `gunzip` then frees its memory at once, not at the next
   * garbage collection.
   */
  readonly reuse?: boolean;
  /**
   * Data that does not start with 1f 8b is a `DecodeError` (code `not_gzip`), whose message quotes this content type.
   * Absent: such data passes through.
   */
  readonly only?: { readonly contentType: () => string };
}

/**
 * The content of a gzip file (RFC 1952), several members included. Damaged or cut gzip, and anything but padding behind
 * its end, is a `DecodeError`, after what could still be read; so is what unpacks to an absurd size.
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  { limits = UNPACK_LIMITS, reuse = false, only }: GunzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peeked(chunks, (bytes) => bytes.length >= 2);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  if (!isGzip) {
    if (only === undefined || head.length === 0) return yield* whole;
    await whole.return(undefined);
    throw notGzip(head, only.contentType());
  }
  let size = 0;
  const { pieces, packedBytes } = inflate(whole);
  for await (const piece of pieces) {
    size += piece.length;
    checkUnpacked(size, packedBytes(), limits);
    yield piece;
    if (reuse) release(piece);
  }
}

function notGzip(head: Uint8Array, contentType: string): DecodeError {
  const isPage = /\bhtml\b/i.test(contentType) || head[0] === 0x3c;
  const what = isPage ? "a page" : "something else";
  return new DecodeError(
    `Cannot unpack: it is no gzip file but ${what} (content type "${contentType}")`,
    {
      code: "not_gzip",
      hint: "A proxy or gateway may have answered instead of Mimecast's storage: check that it allows download_hosts and leaves their files as they are",
    },
  );
}

/** Frees the buffer of zlib's output after its last piece: zlib then takes a new one. */
function release(piece: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = piece;
  if (
    buffer instanceof ArrayBuffer &&
    byteOffset + byteLength === PIECE_BYTES &&
    buffer.byteLength === PIECE_BYTES
  ) {
    buffer.transfer(0);
  }
}

/** Output pieces of this size: fewer trips to zlib's thread than with Node's 16 KiB; larger ones cost memory and gain nothing. */
const PIECE_BYTES = 128 * 1024;

function inflate(chunks: AsyncIterable<Uint8Array>): {
  readonly pieces: AsyncIterable<Uint8Array>;
  packedBytes(): number;
} {
  const unpacker = createGunzip({ chunkSize: PIECE_BYTES, finishFlush: constants.Z_FINISH });
  const tail = createTail(chunks, () => unpacker.bytesWritten);
  const packedBytes = () => unpacker.bytesWritten;
  return { pieces: inflated(unpacker, tail), packedBytes };
}

async function* inflated(
  unpacker: ReturnType<typeof createGunzip>,
  tail: Tail,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(tail.chunks, { objectMode: false });
  pipeline(source, unpacker, () => {}); // an error comes out of the iteration below
  try {
    for await (const piece of unpacker) yield piece as Uint8Array;
    // zlib stops silently at a zero byte after a member: that is padding, unless something follows.
    if (await tail.holdsMore()) throw damaged("data behind its end");
  } catch (cause) {
    // An error of the source (the connection broke) is not the file's fault.
    if (!isZlibError(cause)) throw cause;
    throw damaged(cause.code, cause);
  } finally {
    await tail.close();
  }
}

function damaged(why: string, cause?: unknown): DecodeError {
  return new DecodeError(`Cannot unpack: the gzip data is damaged or cut (${why})`, {
    code: "gzip",
    cause,
  });
}

function isZlibError(error: unknown): error is Error & { code: string } {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("Z_");
}
