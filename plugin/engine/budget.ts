import { copy, moveDown, writeNumber } from "./bytes.ts";
import { keyLength, keyText } from "./keys.ts";
import { PIECES } from "./memory.ts";
import { maxLine } from "./settings.ts";
import { KEY_TRUNCATED } from "./tables.ts";
import { trimEnd } from "./text.ts";

/**
 * Shortens a line that is too long: QRadar would cut it and take the rest for another event. It shortens the values from
 * the line's end backwards, each to its floor; if that is not enough, it leaves out attributes in the same order. It never
 * touches the attributes that identify the event (LEEF reference §5.6).
 */

/** Parts of an entry at PIECES: its beginning, its row in ATTRIBUTES, its wanted length. */
const ROW: usize = 4;
const LENGTH: usize = 8;

/** Brings the line to `maxLine` bytes, truncated=1 included; returns its new end. */
export function cutToLimit(start: usize, end: usize, pieces: u32): usize {
  const markKey = keyLength(KEY_TRUNCATED);
  if (keyOf(pieceAt(pieces - 1)) == KEY_TRUNCATED) end = load<u32>(pieceAt(--pieces));
  const first = load<u32>(pieceAt(0));
  let over = <i32>(end - start) + <i32>(markKey == 0 ? 0 : markKey + 1) - <i32>maxLine;
  measure(pieces, end);
  for (let i = <i32>pieces - 1; i >= 0 && over > 0; i--) over -= shorten(pieceAt(i), over);
  for (let i = <i32>pieces - 1; i >= 0 && over > 0; i--) over -= drop(pieceAt(i));
  end = close(first, pieces);
  if (markKey == 0) return end;
  return writeNumber(copy(end, keyText(KEY_TRUNCATED), markKey), 1);
}

function pieceAt(i: u32): usize {
  return PIECES + (i << 4);
}

function keyOf(piece: usize): u32 {
  return load<u8>(load<u32>(piece, ROW), 1);
}

function isKept(piece: usize): bool {
  return load<u8>(load<u32>(piece, ROW), 3) != 0;
}

function measure(pieces: u32, end: usize): void {
  for (let i = <i32>pieces - 1; i >= 0; i--) {
    const piece = pieceAt(i);
    store<u32>(piece, end - load<u32>(piece), LENGTH);
    end = load<u32>(piece);
  }
}

/** Shortens a value by the excess, at most to its floor; returns by how many bytes. */
function shorten(piece: usize, over: i32): i32 {
  if (isKept(piece)) return 0;
  const begin = load<u32>(piece);
  const length = <i32>load<u32>(piece, LENGTH);
  const keyBytes = <i32>keyLength(keyOf(piece));
  const floor = keyBytes + <i32>load<u16>(load<u32>(piece, ROW), 8);
  if (length <= floor) return 0;
  let wanted = length - over > floor ? length - over : floor;
  while (wanted > keyBytes && (load<u8>(begin + wanted) & 0xc0) == 0x80) wanted--;
  wanted = <i32>(trimEnd(begin, begin + wanted) - begin);
  store<u32>(piece, wanted, LENGTH);
  return length - wanted;
}

function drop(piece: usize): i32 {
  if (isKept(piece)) return 0;
  const length = <i32>load<u32>(piece, LENGTH);
  store<u32>(piece, 0, LENGTH);
  return length;
}

/** Moves the remaining attributes together; returns the end. */
function close(to: usize, pieces: u32): usize {
  for (let i: u32 = 0; i < pieces; i++) {
    const piece = pieceAt(i);
    to = moveDown(to, load<u32>(piece), load<u32>(piece, LENGTH));
  }
  return to;
}
