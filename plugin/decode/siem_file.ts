import { DecodeError } from "../errors.ts";
import { lines } from "./lines.ts";
import { peeked } from "./peeked.ts";
import { records } from "./records.ts";

/** Enough for white space and a key, which tell the formats apart. */
const HEAD_BYTES = 256;

/**
 * Records of one API 1.0 SIEM file, whichever format it has: `{"type":"MTA","data":[…]}` or `key=value|…` lines
 * that end in CR, LF or both. Anything else is a `DecodeError`, and so is an empty file: it is cut JSON.
 */
export async function* siemFile(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peeked(chunks, (bytes) => bytes.length >= HEAD_BYTES);
  const text = Buffer.from(head.subarray(0, HEAD_BYTES)).toString("latin1").trimStart();
  if (text === "" || text.startsWith("{")) yield* records(whole, ["data"]);
  else if (KEY_VALUE.test(text)) yield* lines(whole, { breaks: "any" });
  else {
    await whole.return(undefined);
    throw new DecodeError("Cannot read the SIEM file: it holds neither JSON nor key=value lines", {
      code: "not_a_siem_file",
    });
  }
}

/** Lines start with `datetime=`, but no document promises the order of the keys. */
const KEY_VALUE = /^[A-Za-z][A-Za-z0-9_]{0,63}=/;
