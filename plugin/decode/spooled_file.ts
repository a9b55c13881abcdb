import { createReadStream } from "node:fs";
import { stateError } from "../disk/state_error.ts";

/**
 * The bytes of a file that `SourceContext.spool` has written. The one reading of files outside `Effects`: a zip
 * archive needs random access, so what is spooled is read in place. Throws a `StateError` where the system does not give it.
 */
export async function* spooledFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 });
  } catch (error) {
    throw stateError("read", path, error);
  }
}

/** The stream unchanged, and the first bytes of it once it has been read. */
export function withHead(
  chunks: AsyncIterable<Uint8Array>,
  headBytes: number,
): { readonly chunks: AsyncIterable<Uint8Array>; head(): Uint8Array } {
  let head = new Uint8Array(0);
  const tapped = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (head.length < headBytes) {
        head = Buffer.concat([head, chunk.subarray(0, headBytes - head.length)]);
      }
      yield chunk;
    }
  };
  return { chunks: tapped(), head: () => head };
}
