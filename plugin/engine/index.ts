import { beginItem, encodeInput, filtered, malformed, outputEnd, records } from "./batch.ts";
import { generation } from "./fields.ts";
import { free, malloc, mimecast_leef, mimecast_leef_only } from "./filter.ts";
import { FIELDS, INPUT, INPUT_SIZE, OUTPUT } from "./memory.ts";
import { readSettings } from "./settings.ts";
import { digestText } from "./uid.ts";
import { forgetRows, ROWS, rows } from "./unknown.ts";

/** The module's exports for Fluent Bit: see filter.ts. */
export { free, malloc, mimecast_leef, mimecast_leef_only };

/** Below: the exports for a host that feeds blocks of lines. */

/** Where the host puts settings and blocks. */
export function inputAddress(): usize {
  return INPUT;
}

/** How many bytes fit there. */
export function inputSize(): u32 {
  return INPUT_SIZE;
}

/** Takes settings, lines of "name=value" in the input buffer. Returns 0, or the number of the first invalid line. */
export function settings(length: u32): u32 {
  return readSettings(length);
}

/** Opens an item of this family, whose first `skip` records make no output. */
export function begin(kind: u32, skip: u32): void {
  beginItem(kind, skip);
}

/** Encodes the input buffer and returns how many bytes it used. */
export function encode(length: u32, last: bool): u32 {
  return encodeInput(length, last);
}

/** The finished lines. */
export function outputAddress(): usize {
  return OUTPUT;
}

export function outputLength(): u32 {
  return <u32>(outputEnd - OUTPUT);
}

/** Records read in this item, skipped ones included. */
export function recordCount(): u32 {
  return records;
}

/** Malformed records in the current output. */
export function malformedCount(): u32 {
  return malformed;
}

/** Address of the names that the mapping does not know, of all records since `forgetUnknown` (see unknown.ts). */
export function unknownAddress(): usize {
  return ROWS;
}

/** How many there are. */
export function unknownCount(): u32 {
  return rows;
}

/** Forgets them and counts anew. */
export function forgetUnknown(): void {
  forgetRows();
}

/** Records of the current output without a line, because the settings leave their EventID out. */
export function filteredCount(): u32 {
  return filtered;
}

/** Address of the last record's table of fields (see fields.ts), for a host that explains a line. */
export function fieldsAddress(): usize {
  return FIELDS;
}

/** The number at the beginning of a row of that table if the record has the field. */
export function fieldsGeneration(): u32 {
  return generation;
}

/** Address of the running digest, as 32 hex digits. */
export function digest(): usize {
  return digestText();
}
