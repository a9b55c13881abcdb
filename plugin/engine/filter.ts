import { enveloped, openedWithMessage } from "./envelope.ts";
import { has } from "./fields.ts";
import { mustMend } from "./json.ts";
import { writeMessage } from "./json_line.ts";
import { INPUT, INPUT_SIZE, MEMORY_END, ROOM_PER_RECORD } from "./memory.ts";
import { cat, lineEnd, readRecord } from "./record.ts";
import { resetSettings } from "./settings.ts";
import { CAT_MALFORMED, CAT_UNKNOWN, FIELD_MESSAGE, KIND_AUTO, TEXT, TEXT_NO_ROOM } from "./tables.ts";

/**
 * The module as a `wasm` filter of Fluent Bit: a record comes in as JSON and goes out with the LEEF line in
 * `message`. Fluent Bit loses a record if the filter returns nothing, an empty text or broken JSON, so the filter returns
 * everything else unchanged.
 */

const PAGE: usize = 0x10000;
/** After the fixed buffers, for a record that does not fit into them. */
const OVERFLOW: usize = (MEMORY_END + PAGE - 1) & ~(PAGE - 1);

let used: usize = 0;
let mayReset: bool = true;
let ready: bool = false;

/** Room for a tag or a record of the host, and for a message. The next record gets the same room again. */
export function malloc(size: u32): usize {
  if (mayReset) used = 0;
  mayReset = false;
  const wanted = ((<usize>size + 7) & ~7) + ROOM_PER_RECORD;
  if (INPUT + used + wanted <= MEMORY_END) {
    const at = INPUT + used;
    used += wanted;
    return at;
  }
  const pages = <i32>((OVERFLOW + wanted + PAGE - 1) / PAGE) - memory.size();
  return pages > 0 && memory.grow(pages) < 0 ? 0 : OVERFLOW;
}

/** Does nothing: see malloc. */
export function free(address: usize): void {}

/** The filter function: returns the record as JSON that ends in a NUL, with `message`, or unchanged. */
export function mimecast_leef(
  tag: usize,
  tagLength: u32,
  seconds: u32,
  nanoseconds: u32,
  record: usize,
  length: u32,
): usize {
  return withMessage(record, length, false);
}

/** The same, but returns only the `message` of a record that gets one: Fluent Bit has less to parse. */
export function mimecast_leef_only(
  tag: usize,
  tagLength: u32,
  seconds: u32,
  nanoseconds: u32,
  record: usize,
  length: u32,
): usize {
  return withMessage(record, length, true);
}

function withMessage(record: usize, length: u32, only: bool): usize {
  mayReset = true;
  if (!ready) resetSettings();
  ready = true;
  // The host got no room for the record: return an object instead of nothing.
  if (record == 0) return TEXT + TEXT_NO_ROOM;
  if (length > INPUT_SIZE || load<u8>(record) != 0x7b) return record;
  // The reader stops at a line feed; a record that goes back unchanged gets its NUL again.
  store<u8>(record + length, 0x0a);
  readRecord(record, KIND_AUTO);
  const isOurs = cat != CAT_MALFORMED && cat != CAT_UNKNOWN && !has(FIELD_MESSAGE);
  const mayAdd = enveloped ? !openedWithMessage : isOurs;
  store<u8>(record + length, 0);
  if (!mayAdd || mustMend || lineEnd != record + length) return record;
  // The message goes after the last member, where malloc has left room for it.
  let end = record + length;
  while (load<u8>(end - 1) != 0x7d) end--;
  const comma = --end;
  end = writeMessage(comma);
  store<u16>(end, 0x7d);
  if (!only) return record;
  store<u8>(comma, 0x7b);
  return comma;
}
