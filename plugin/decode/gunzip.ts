import { pipeline, Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { DecodeError, isKnownError } from "../errors.ts";
import { peeked } from "./peeked.ts";

/**
 * The content of a gzip file (RFC 1952), several members included; anything that does not start with 1f 8b
 * passes through. Damaged or cut gzip is a `DecodeError`, after what could still be read. `maxOutputBytes`
 * stops a file that unpacks to more. `reuse`: the caller is done with a piece when it asks for the next, so its
 * memory is given back at once instead of at the next garbage collection.
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly maxOutputBytes?: number; readonly reuse?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  const maxOutputBytes = options.maxOutputBytes ?? Number.POSITIVE_INFINITY;
  const { head, whole } = await peeked(chunks, (bytes) => bytes.length >= 2);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  let size = 0;
  for await (const piece of isGzip ? inflate(whole) : whole) {
    size += piece.length;
    if (size > maxOutputBytes) {
      throw new DecodeError(`Cannot unpack: more than ${maxOutputBytes} bytes come out`, {
        code: "too_large",
      });
    }
    yield piece;
    if (isGzip && options.reuse === true) release(piece);
  }
}

/** Frees the buffer behind a piece of zlib's output, once its last piece is done with: zlib then takes a new one. */
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

async function* inflate(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip({ chunkSize: PIECE_BYTES, finishFlush: constants.Z_FINISH });
  const source = Readable.from(chunks, { objectMode: false });
  pipeline(source, unpacker, () => {}); // an error comes out of the iteration below
  try {
    for await (const piece of unpacker) yield piece as Uint8Array;
  } catch (cause) {
    // An error of the source (the connection broke) is not the file's fault.
    if (isKnownError(cause) || !isZlibError(cause)) throw cause;
    throw new DecodeError(`Cannot unpack: the gzip data is damaged or cut (${cause.code})`, {
      code: "gzip",
      cause,
    });
  }
}

function isZlibError(error: unknown): error is Error & { code: string } {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("Z_");
}
