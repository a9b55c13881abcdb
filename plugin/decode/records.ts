import { MAX_LINE_BYTES } from "./lines.ts";
import { type JsonPath, RecordScanner } from "./record_scanner.ts";

/**
 * The elements of the list at `path`, each as one line, from JSON text in pieces of any size. A record is Mimecast's own
 * text, with spaces for raw line breaks. Memory is bounded: a record beyond `maxRecordBytes` is cut, as in `lines`. JSON
 * that ends too early gives all its complete records, then a `DecodeError` with code `truncated_json`; text that is no
 * JSON or has no list at `path` gives one with code `malformed_json`.
 */
export async function* records(
  chunks: AsyncIterable<Uint8Array>,
  path: JsonPath,
  options: { readonly maxRecordBytes?: number } = {},
): AsyncGenerator<Uint8Array> {
  const scanner = new RecordScanner(path, options.maxRecordBytes ?? MAX_LINE_BYTES);
  scan: for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PART_BYTES) {
      const isSound = scanner.push(chunk.subarray(from, from + PART_BYTES));
      const block = scanner.block.takeIfLarge();
      if (block !== null) yield block;
      if (!isSound) break scan;
    }
  }
  const rest = scanner.block.takeAll();
  if (rest !== null) yield rest;
  const problem = scanner.problem();
  if (problem !== null) throw problem;
}

/** Bounds a block: the scanner takes larger pieces of input in parts of this size. */
const PART_BYTES = 256 * 1024;
