import { createReadStream } from "node:fs";
import { stateError } from "../disk/state_error.ts";

/**
 * The bytes of a file of the state directory. Sources read files that `SourceContext.spool` wrote without `Effects`, because
 * a zip archive needs random access. Throws a `StateError` if the system refuses.
 */
export async function* spooledFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 });
  } catch (error) {
    throw stateError("read", path, error);
  }
}

/** The stream unchanged, and, once it has been read, its first bytes. */
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
