import { NAME_SLOTS } from "./memory.ts";
import { absorb, laneA, setLanes, START_A, START_B } from "./uid.ts";
import { NAME_COUNT, NAMES, TEXT } from "./tables.ts";

/**
 * The member names of Mimecast. The first lane of the fingerprint over a name is also its hash: a name is known if all
 * 64 bits and the length agree (a NUL at its end would not change the hash), so the engine compares no text.
 */
const SLOT_COUNT: u32 = 1024;
const HASH: usize = 0;
const MARKS: usize = 8;
const FIELD: usize = 16;
const NOT_IN_UID: usize = 17;
const LENGTH: usize = 18;
/** For key=value lines: the rank and three flags, the orders with the name (a bit each), the name's number. */
const RANK: usize = 19;
const ORDERS_OF: usize = 20;
const NUMBER: usize = 22;
/** The name's first pair in the current line. */
const FIRST: usize = 24;

/** A sender or answerer of mail writes the value; the value is such an address; no free text comes right before it. */
export const OPEN: u32 = 0x20;
export const ADDRESS: u32 = 0x40;
export const BEHIND_CLOSED: u32 = 0x80;

let ready: bool = false;

/** Fills the table once. */
export function prepareNames(): void {
  if (ready) return;
  ready = true;
  for (let i: u32 = 0; i < NAME_COUNT; i++) {
    const row = NAMES + i * 16;
    const text = TEXT + load<u16>(row);
    setLanes(START_A, START_B);
    absorb(text, text + load<u8>(row, 2));
    let slot = slotOf(laneA);
    while (load<u64>(slot) != 0) slot = after(slot);
    store<u64>(slot, laneA, HASH);
    store<u64>(slot, load<u64>(row, 8), MARKS);
    store<u8>(slot, load<u8>(row, 3), FIELD);
    store<u8>(slot, load<u8>(row, 4), NOT_IN_UID);
    store<u8>(slot, load<u8>(row, 2), LENGTH);
    store<u8>(slot, load<u8>(row, 5), RANK);
    store<u16>(slot, load<u16>(row, 6), ORDERS_OF);
    store<u8>(slot, i, NUMBER);
  }
}

// @ts-ignore: decorator
@inline
function slotOf(hash: u64): usize {
  return NAME_SLOTS + (<usize>(hash >> 54) << 5);
}

// @ts-ignore: decorator
@inline
function after(slot: usize): usize {
  return NAME_SLOTS + ((slot - NAME_SLOTS + 32) & (SLOT_COUNT * 32 - 1));
}

/** The slot of a name, 0 for an unknown one. */
// @ts-ignore: decorator
@inline
export function findName(hash: u64, length: usize): usize {
  let slot = slotOf(hash);
  let found = load<u64>(slot);
  while (found != hash) {
    if (found == 0) return 0;
    slot = after(slot);
    found = load<u64>(slot);
  }
  return load<u8>(slot, LENGTH) == length ? slot : 0;
}

// @ts-ignore: decorator
@inline
export function marksOf(slot: usize): u64 {
  return load<u64>(slot, MARKS);
}

// @ts-ignore: decorator
@inline
export function fieldOf(slot: usize): u32 {
  return load<u8>(slot, FIELD);
}

// @ts-ignore: decorator
@inline
export function notInUid(slot: usize): bool {
  return load<u8>(slot, NOT_IN_UID) != 0;
}

/** The bucket of the name, of the 32 in the table from which Mimecast writes a line. */
export function rankOf(slot: usize): u32 {
  return load<u8>(slot, RANK) & 31;
}

export function flagsOf(slot: usize): u32 {
  return load<u8>(slot, RANK);
}

/** True if an order of key=value lines has the name. */
export function isOf(order: u32, slot: usize): bool {
  return ((load<u16>(slot, ORDERS_OF) >> order) & 1) != 0;
}

/** True for names of key=value lines. */
export function isOfKeyValue(slot: usize): bool {
  return load<u16>(slot, ORDERS_OF) != 0;
}

/** True for a name that the mapping leaves out on purpose. */
export function isLeftOut(slot: usize): bool {
  return load<u64>(slot, MARKS) == 0 && load<u8>(slot, FIELD) == 0 && !isOfKeyValue(slot);
}

/** True for the names that every line begins with. */
export function isHead(slot: usize): bool {
  return load<u16>(slot, ORDERS_OF) == 0xffff;
}

export function numberOf(slot: usize): u32 {
  return load<u8>(slot, NUMBER);
}

export function noteFirst(slot: usize, pair: u32): void {
  store<u32>(slot, pair, FIRST);
}

export function firstPairOf(slot: usize): u32 {
  return load<u32>(slot, FIRST);
}
