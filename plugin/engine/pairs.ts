import { SCRATCH } from "./memory.ts";
import { ADDRESS, flagsOf, OPEN } from "./names.ts";
import { ATS, findByte, PIPES } from "./swar.ts";

/**
 * The pairs of a key=value line, in the order of the line. A row: the addresses of the name, the value and the pair's
 * end, the name's slot (0 for an unknown name), whether the pair counts as Mimecast's own, and whether the following text
 * may come from the value's writer.
 */
const ROW: usize = 24;
const VALUE: usize = 4;
const END: usize = 8;
const SLOT: usize = 12;
const TAKEN: usize = 16;
const MAY_GO_ON: usize = 20;

/** No record of Mimecast has a tenth of these; of a line with more, only the first and the last half count. */
const ROWS: u32 = 1024;
const HALF: u32 = ROWS >> 1;

export let pairCount: u32 = 0;
/** The beginning of the second half, which is a ring. */
let turn: u32 = 0;

export function resetPairs(): void {
  pairCount = 0;
  turn = 0;
}

// @ts-ignore: decorator
@inline
function rowOf(pair: u32): usize {
  return SCRATCH + <usize>(pair < HALF ? pair : HALF + ((pair + turn) & (HALF - 1))) * ROW;
}

export function addPair(name: usize, value: usize, end: usize, slot: usize): void {
  if (pairCount == ROWS) turn++;
  else pairCount++;
  const row = rowOf(pairCount - 1);
  store<u32>(row, <u32>name);
  store<u32>(row, <u32>value, VALUE);
  store<u32>(row, <u32>end, END);
  store<u32>(row, <u32>slot, SLOT);
  store<u8>(row, 0, TAKEN);
  store<u8>(row, slot != 0 && mayGoOnBehind(slot, value, end) ? 1 : 0, MAY_GO_ON);
}

export function nameOf(pair: u32): usize {
  return load<u32>(rowOf(pair));
}

export function valueOf(pair: u32): usize {
  return load<u32>(rowOf(pair), VALUE);
}

export function endOfPair(pair: u32): usize {
  return load<u32>(rowOf(pair), END);
}

export function slotOf(pair: u32): usize {
  return load<u32>(rowOf(pair), SLOT);
}

export function isTaken(pair: u32): bool {
  return load<u8>(rowOf(pair), TAKEN) != 0;
}

export function setTaken(pair: u32, taken: bool): void {
  store<u8>(rowOf(pair), taken ? 1 : 0, TAKEN);
}

/** True if the text after the pair may come from the value's writer. */
export function isOpen(pair: u32): bool {
  return load<u8>(rowOf(pair), MAY_GO_ON) != 0;
}

/** Free text may hold a pipe anywhere; an address only in its local part, before the @, or in quotes. */
function mayGoOnBehind(slot: usize, value: usize, end: usize): bool {
  if ((flagsOf(slot) & OPEN) != 0) return true;
  return isAddressName(slot) && value < end && !isWhole(value, end);
}

function isWhole(value: usize, end: usize): bool {
  if (end - value == 2 && load<u16>(value) == 0x3e3c) return true;
  return load<u8>(value) != 0x22 && findByte(value, end, ATS) < end;
}

/** True for a name whose values are addresses. */
export function isAddressName(slot: usize): bool {
  return slot != 0 && (flagsOf(slot) & ADDRESS) != 0;
}

/** True for a name whose values come from outside of Mimecast. */
export function isOutside(slot: usize): bool {
  return slot != 0 && (flagsOf(slot) & (ADDRESS | OPEN)) != 0;
}

/** True for a value that goes on past pipes, as a local part may. */
export function hasPipe(pair: u32): bool {
  return findByte(valueOf(pair), endOfPair(pair), PIPES) < endOfPair(pair);
}

/** RFC 5321 allows 64 bytes; some servers take more. */
const LOCAL_PART_MAX: usize = 512;

/** The @ after the local part at `value`, which may hold pipes; 0 if there is none. */
export function endOfLocalPart(value: usize, end: usize): usize {
  if (end > value + LOCAL_PART_MAX) end = value + LOCAL_PART_MAX;
  for (let p = value; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c == 0x40) return p;
    if (c <= 0x20 || c == 0x22 || c == 0x28 || c == 0x29 || c == 0x2c || c - 0x3a < 2) return 0;
    if (c == 0x3c || c == 0x3e || c - 0x5b < 3) return 0;
  }
  return 0;
}
