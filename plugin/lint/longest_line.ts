import type { Config } from "../config.ts";
import { MAX_LINE_BYTES } from "../decode/lines.ts";
import type { Expected } from "./finding.ts";

/** Room for the envelope of a JSON line: account, ids, times (plugin/engine/envelope.ts). */
const ENVELOPE_BYTES = 4096;

/**
 * The longest line that a configuration can make, its line feed not counted. A JSON line holds the vendor's record,
 * which is cut at `MAX_LINE_BYTES`; `message` of json+leef holds the LEEF line, in which every byte may be escaped.
 */
export function expectedOf({ output, http }: Pick<Config, "output" | "http">): Expected {
  const { format, maxLineBytes } = output;
  const json = MAX_LINE_BYTES + ENVELOPE_BYTES;
  const longestLineBytes =
    format === "leef" ? maxLineBytes : format === "json" ? json : json + 2 * maxLineBytes;
  return { format, longestLineBytes, batchBytes: http?.maxBatchBytes ?? null };
}
