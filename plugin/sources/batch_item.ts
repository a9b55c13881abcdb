import { gunzip } from "../decode/gunzip.ts";
import { lines } from "../decode/lines.ts";
import type { RecordKind } from "../engine.ts";
import { DecodeError } from "../errors.ts";
import type { LinkedFile } from "./batch_listing.ts";
import type { Item, SourceContext } from "./source.ts";

/** The item behind a link of a listing: a gzip file of NDJSON. */
export function batchItem(file: LinkedFile, kind: RecordKind, context: SourceContext): Item {
  const raw = async function* (): AsyncGenerator<Uint8Array> {
    yield* await context.client.download(file.url);
  };
  return {
    key: file.key,
    kind,
    raw,
    records: () => lines(gunzip(notEmpty(raw(), file), { reuse: true })),
  };
}

/** An object that was announced with a size and comes without a byte is a failed download, not an empty file. */
async function* notEmpty(
  chunks: AsyncIterable<Uint8Array>,
  file: LinkedFile,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    yield chunk;
  }
  if (size === 0 && file.size !== 0) {
    throw new DecodeError(`Cannot read "${file.key}": the file is empty`, { code: "empty" });
  }
}
