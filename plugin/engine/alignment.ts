import { catOfMarks } from "./classify.ts";
import {
  BEHIND_CLOSED,
  firstPairOf,
  flagsOf,
  isHead,
  isOf,
  marksOf,
  noteFirst,
  numberOf,
  rankOf,
} from "./names.ts";
import { hasPipe, isAddressName, isOpen, isTaken, pairCount, setTaken, slotOf } from "./pairs.ts";
import { KIND_SIEM, ORDER_COUNT, ORDERS } from "./tables.ts";

/**
 * Finds the pairs of a key=value line that are Mimecast's own. The format cannot quote a pipe, so the writer of a
 * subject can write "|Sender=…" too. He cannot move Mimecast's pairs, because the order of the keys is fixed for each
 * record type (docs/decisions/0016-key-value-order.md). So two groups are genuine: the pairs before the first free
 * text, and, from the line's end backwards, the pairs that keep the order. The rest must follow a free text and is
 * part of it.
 */

/** Mimecast writes a line from a table of 32 or 16 buckets: the rank is the bucket. */
const LARGE: u32 = 31;
const SMALL: u32 = 15;

const NONE: i32 = -1;
/** The pairs taken so far, from the front and then from the back. */
const STACK: usize = memory.data(4 * 64, 4);
let height: u32 = 0;
/** How far to give up pairs that belong before a text: each step gives up more than the one before. */
const KEEP: u32 = 0;
const GIVE_UP: u32 = 1;
const REPLACE_TEXT: u32 = 2;
const REPLACE_ADDRESS: u32 = 3;
/** True once an address was given up for another one nearer the front. */
let gaveUpAddress: bool = false;

/** Pairs of known names that are part of a free text. */
export let strangers: u32 = 0;

/** Marks Mimecast's own pairs as taken; false if the line follows no known order. */
export function alignPairs(): bool {
  for (let pair = pairCount; pair > 0; pair--) {
    if (slotOf(pair - 1) != 0) noteFirst(slotOf(pair - 1), pair - 1);
  }
  let best = NONE;
  let bestOrder: u32 = 0;
  let bestMask: u32 = 0;
  for (let order: u32 = 0; order < ORDER_COUNT && best != 0; order++) {
    for (let size: u32 = 0; size < 2 && best != 0; size++) {
      const mask = size == 0 ? LARGE : SMALL;
      const count = align(order, mask);
      if (count == NONE || (best != NONE && count >= best)) continue;
      best = count;
      bestOrder = order;
      bestMask = mask;
    }
  }
  if (best > 0) align(bestOrder, bestMask);
  strangers = <u32>best;
  return best != NONE;
}

/** Takes the pairs that fit this order. Returns how many are left over, or NONE if the line cannot have this order. */
function align(order: u32, mask: u32): i32 {
  const row = ORDERS + order * 2;
  const open = alignFront(order, mask, load<u8>(row, 1));
  if (open == NONE) return NONE;
  let count: i32 = 0;
  if (<u32>open < pairCount) {
    const front = height;
    count = chooseBack(order, mask, open, front);
  }
  return count == NONE || catOfMarks(takenMarks(), KIND_SIEM) != load<u8>(row) ? NONE : count;
}

/**
 * A text near the end may hold keys that belong before it, even a copy of its own key: then this gives up the pairs that
 * were taken for them. If several texts may be at fault, it blames the earlier one, which the mail's sender writes.
 */
function chooseBack(order: u32, mask: u32, open: u32, front: u32): i32 {
  let best = alignBack(order, mask, open, front, KEEP);
  let bestWay = KEEP;
  for (let way = GIVE_UP; way <= REPLACE_ADDRESS && best != 0; way++) {
    if (way == REPLACE_ADDRESS && best != NONE) break;
    const count = alignBack(order, mask, open, front, way);
    if (count == NONE || (best != NONE && (gaveUpAddress || count >= best))) continue;
    best = count;
    bestWay = way;
  }
  return best == 0 ? 0 : alignBack(order, mask, open, front, bestWay);
}

/** Takes the pairs before the first free text, which only Mimecast can have written. Returns the free text, or NONE. */
function alignFront(order: u32, mask: u32, needed: u32): i32 {
  height = 0;
  let last: u32 = 0;
  let isThere = needed == 0;
  let pair: u32 = 0;
  for (; pair < pairCount; pair++) {
    const slot = slotOf(pair);
    setTaken(pair, false);
    if (slot == 0) continue;
    if (!isOf(order, slot) || isOnStack(slot, 0, height)) return NONE;
    if (!isHead(slot)) {
      const rank = rankOf(slot) & mask;
      if (rank < last) return NONE;
      last = rank;
    }
    if (numberOf(slot) + 1 == needed) isThere = true;
    take(pair);
    if (isOpen(pair)) break;
  }
  return isThere ? pair : NONE;
}

/** Takes pairs from the line's end backwards while they keep the order. Returns how many are left over, or NONE. */
function alignBack(order: u32, mask: u32, open: u32, front: u32, way: u32): i32 {
  height = front;
  gaveUpAddress = false;
  const least = rankOf(slotOf(open)) & mask;
  for (let pair = pairCount - 1; pair > open; pair--) {
    const slot = slotOf(pair);
    setTaken(pair, false);
    if (slot == 0 || !isOf(order, slot) || isHead(slot) || isOnStack(slot, 0, front)) continue;
    const rank = rankOf(slot) & mask;
    if (rank < least) continue;
    const isNew = !isOnStack(slot, front, height);
    if (isNew && (height == front || rank <= rankOnTop(mask))) take(pair);
    else if (isOpen(pair) && way >= wayOf(slot, isNew) && giveUp(front, rank, mask, pair)) take(pair);
  }
  return countStrangers(open);
}

function wayOf(slot: usize, isNew: bool): u32 {
  return isNew ? GIVE_UP : isAddressName(slot) ? REPLACE_ADDRESS : REPLACE_TEXT;
}

/**
 * Gives up the pairs before `rank` in the order, and a copy of the pair, if the line has all of them once more before
 * `pair`. Every record has its addresses, so this always gives up the pairs after one.
 */
function giveUp(front: u32, rank: u32, mask: u32, pair: u32): bool {
  const own = slotOf(pair);
  const isAddress = isAddressName(own);
  for (let i = front; i < height; i++) {
    const slot = slotOf(pairAt(i));
    if (slot == own || isAddress || (rankOf(slot) & mask) >= rank) continue;
    if (firstPairOf(slot) >= pair) return false;
  }
  let kept = front;
  for (let i = front; i < height; i++) {
    const taken = pairAt(i);
    const slot = slotOf(taken);
    if (slot != own && (rankOf(slot) & mask) >= rank) {
      store<u32>(STACK + ((<usize>kept) << 2), taken);
      kept++;
      continue;
    }
    setTaken(taken, false);
    if (isAddressName(slot) && !isOpen(taken) && !hasPipe(taken)) gaveUpAddress = true;
  }
  height = kept;
  return true;
}

/** How many pairs of known names belong to a free text, or NONE if one of them follows something else. */
function countStrangers(open: u32): i32 {
  let count: i32 = 0;
  let last = open;
  for (let pair = open + 1; pair < pairCount; pair++) {
    const slot = slotOf(pair);
    if (slot == 0) continue;
    if (isTaken(pair)) {
      if ((flagsOf(slot) & BEHIND_CLOSED) == 0 || !isOpen(last) || isAddressName(slotOf(last))) {
        last = pair;
        continue;
      }
      setTaken(pair, false);
    }
    if (!isOpen(last)) return NONE;
    count++;
  }
  return count;
}

function takenMarks(): u64 {
  let marks: u64 = 0;
  for (let i: u32 = 0; i < height; i++) {
    const pair = pairAt(i);
    if (isTaken(pair)) marks |= marksOf(slotOf(pair));
  }
  return marks;
}

function take(pair: u32): void {
  setTaken(pair, true);
  store<u32>(STACK + ((<usize>height) << 2), pair);
  height++;
}

function pairAt(at: u32): u32 {
  return load<u32>(STACK + ((<usize>at) << 2));
}

function rankOnTop(mask: u32): u32 {
  return rankOf(slotOf(pairAt(height - 1))) & mask;
}

function isOnStack(slot: usize, from: u32, to: u32): bool {
  for (let i = from; i < to; i++) {
    if (slotOf(pairAt(i)) == slot) return true;
  }
  return false;
}
