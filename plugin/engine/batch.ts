import { isLeftOut } from "./event_settings.ts";
import { writeEnvelope } from "./json_line.ts";
import { writeLine } from "./leef_line.ts";
import { INPUT, INPUT_SIZE, OUTPUT, OUTPUT_SIZE, ROOM_PER_RECORD } from "./memory.ts";
import { BODY_TEXT, bodyEnd, bodyForm, bodyStart, cat, event, lineEnd, readOversized, readRecord } from "./record.ts";
import { format, FORMAT_BOTH, FORMAT_LEEF } from "./settings.ts";
import { findLineFeed } from "./swar.ts";
import { CAT_MALFORMED, KIND_AUTO } from "./tables.ts";
import { extendDigest, resetDigest } from "./uid.ts";
import { countNoted } from "./unknown.ts";

/** Turns a block of lines in the input buffer into finished lines in the output buffer. */
let kind: u32 = KIND_AUTO;
/** Records that make no output, because the host took them before. */
let skipped: u32 = 0;
let inOversized: bool = false;

/** Records read in this item. */
export let records: u32 = 0;
/** Lines in the output buffer for records that could not be read. */
export let malformed: u32 = 0;
/** Records of this output buffer that make no line, because of their EventID. */
export let filtered: u32 = 0;
export let outputEnd: usize = OUTPUT;

export function beginItem(newKind: u32, skip: u32): void {
  kind = newKind;
  skipped = skip;
  records = 0;
  inOversized = false;
  outputEnd = OUTPUT;
  resetDigest();
}

/**
 * Encodes the input buffer and returns how many bytes it used: fewer than `length` if the output is full, the last
 * line is not whole (unless `last`), or it has just passed the records to skip.
 */
export function encodeInput(length: u32, last: bool): u32 {
  const end = INPUT + length;
  // A sentinel: every reader stops at a line feed.
  store<u8>(end, 0x0a);
  outputEnd = OUTPUT;
  malformed = 0;
  filtered = 0;
  let p = INPUT;
  if (inOversized) {
    p = findLineFeed(p);
    inOversized = p == end && !last;
    if (p == end) return length;
    p++;
  }
  while (p < end) {
    const start = p;
    p = skipBlank(p);
    if (p == end && last) return length;
    if (p < end && load<u8>(p) == 0x0a) {
      p++;
      continue;
    }
    readRecord(p, kind);
    let next = lineEnd + 1;
    if (lineEnd == end && (!last || length == INPUT_SIZE)) {
      if (start > INPUT || length < INPUT_SIZE) {
        if (!last) return <u32>(start - INPUT);
      } else {
        readOversized(p, end);
        inOversized = !last;
      }
      next = end;
    }
    if (records >= skipped) {
      if (isLeftOut(event)) filtered++;
      else {
        if (outputEnd + roomFor() > OUTPUT + OUTPUT_SIZE) return <u32>(start - INPUT);
        write();
      }
      countNoted();
    }
    extendDigest();
    records++;
    p = next;
    if (records == skipped) break;
  }
  return p > end ? length : <u32>(p - INPUT);
}

function write(): void {
  if (cat == CAT_MALFORMED) malformed++;
  const to = format == FORMAT_LEEF ? writeLine(outputEnd) : writeEnvelope(outputEnd, format == FORMAT_BOTH);
  store<u8>(to, 0x0a);
  outputEnd = to + 1;
}

/** The room that the record may need: each byte may become three as JSON, six as JSON text. */
function roomFor(): usize {
  if (format == FORMAT_LEEF) return ROOM_PER_RECORD;
  return (bodyEnd - bodyStart) * (bodyForm == BODY_TEXT ? 6 : 3) + ROOM_PER_RECORD;
}

/** Skips blanks and a byte order mark. */
function skipBlank(p: usize): usize {
  while (true) {
    const c = <u32>load<u8>(p);
    if (c == 0x20 || c == 0x09 || c == 0x0d) p++;
    else if (c == 0xef && (load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
    else return p;
  }
}
