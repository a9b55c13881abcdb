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

/** From a block of lines in the input buffer to finished lines in the output buffer. */
let kind: u32 = KIND_AUTO;
/** Records that make no output: they were taken before. */
let skipped: u32 = 0;
let inOversized: bool = false;

/** Records read in this item. */
export let records: u32 = 0;
/** Lines in the output buffer that stand for records which could not be read. */
export let malformed: u32 = 0;
/** Records that make no line because of their EventID, of those that the output buffer would hold. */
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
 * Encodes what lies in the input buffer and returns how many bytes were used up: fewer than `length` where the
 * output is full, the last line is not whole (unless `last`), or the records to be skipped have just been passed.
 */
export function encodeInput(length: u32, last: bool): u32 {
  const end = INPUT + length;
  // A sentinel: reading stops at a line feed at the latest.
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

/** What the record may need: as JSON each byte may become three, as JSON text six. */
function roomFor(): usize {
  if (format == FORMAT_LEEF) return ROOM_PER_RECORD;
  return (bodyEnd - bodyStart) * (bodyForm == BODY_TEXT ? 6 : 3) + ROOM_PER_RECORD;
}

/** Over blanks and a byte order mark. */
function skipBlank(p: usize): usize {
  while (true) {
    const c = <u32>load<u8>(p);
    if (c == 0x20 || c == 0x09 || c == 0x0d) p++;
    else if (c == 0xef && (load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
    else return p;
  }
}
