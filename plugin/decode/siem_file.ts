import { lines } from "./lines.ts";
import { peeked } from "./peeked.ts";
import { records } from "./records.ts";

const OPEN_BRACE = 0x7b;

/**
 * Records of one API 1.0 SIEM file, whichever format it has: `{"type":"MTA","data":[…]}` or `key=value|…` lines
 * that end in CR, LF or both. A file of nothing but white space is cut JSON.
 */
export async function* siemFile(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peeked(
    chunks,
    (bytes) => firstInk(bytes) !== undefined || bytes.length > MAX_BLANK_BYTES,
  );
  const first = firstInk(head);
  const isJson = first === undefined || first === OPEN_BRACE;
  yield* isJson ? records(whole, ["data"]) : lines(whole, { breaks: "any" });
}

/** White space before the first record. */
const MAX_BLANK_BYTES = 65_536;

function firstInk(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte > 0x20);
}
