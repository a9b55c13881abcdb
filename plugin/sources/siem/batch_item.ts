import { gunzip } from "../../decode/gunzip.ts";
import { jsonLines } from "../../decode/json_lines.ts";
import type { RecordKind } from "../../encode/engine.ts";
import { DecodeError } from "../../errors.ts";
import type { Item, SourceContext } from "../source.ts";
import type { LinkedFile } from "./batch_listing.ts";

/** The item behind a link of a listing: a gzip file of NDJSON. */
export function batchItem(file: LinkedFile, kind: RecordKind, context: SourceContext): Item {
  let contentType = "none";
  const raw = async function* (): AsyncGenerator<Uint8Array> {
    const download = await context.client.download(file.url);
    contentType = download.contentType ?? contentType;
    yield* download;
  };
  const only = { contentType: () => contentType };
  return {
    key: file.key,
    kind,
    raw,
    records: () => jsonLines(gunzip(notEmpty(raw(), file), { reuse: true, only })),
  };
}

/** An empty body for a file with a size is a failed download, not an empty file. */
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
