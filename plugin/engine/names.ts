import { NAME_SLOTS } from "./memory.ts";
import { absorb, laneA, setLanes, START_A, START_B } from "./uid.ts";
import { NAME_COUNT, NAMES, TEXT } from "./tables.ts";

/**
 * Member names of Mimecast. The fingerprint's first lane over a name is also its hash: the name is known when all
 * 64 bits and the length agree (a NUL at its end would not change the hash), so no text is compared.
 */
const SLOT_COUNT: u32 = 1024;
const HASH: usize = 0;
const MARKS: usize = 8;
const FIELD: usize = 16;
const NOT_IN_UID: usize = 17;
const LENGTH: usize = 18;

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
