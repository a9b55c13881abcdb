import { hexValue } from "./bytes.ts";
import { HEX } from "./memory.ts";
import { head } from "./swar.ts";

/**
 * The event's fingerprint (docs/decisions/0005-event-uid.md): two lanes of 64 bits. A member's name and value go
 * into both lanes in words of eight bytes; the lanes of all members are summed up, so that their order does not matter.
 */
export const START_A: u64 = 0x9e3779b97f4a7c15;
export const START_B: u64 = 0xc2b2ae3d27d4eb4f;
export const FACTOR_A: u64 = 0x9fb21c651e98df25;
export const FACTOR_B: u64 = 0xd6e8feb86659fd93;

/** The kind of a member's value, as part of its fingerprint. */
export const TAG_STRING: u32 = 1;
export const TAG_SCALAR: u32 = 2;
export const TAG_NESTED: u32 = 3;
export const TAG_PAIR: u32 = 4;
export const TAG_RAW: u32 = 5;

/** The lanes of the current member, if no locals keep them. */
export let laneA: u64 = 0;
export let laneB: u64 = 0;
/** The sums over the record's members. */
export let sumA: u64 = 0;
export let sumB: u64 = 0;
/** The finished fingerprint. */
export let uidHigh: u64 = 0;
export let uidLow: u64 = 0;

// @ts-ignore: decorator
@inline
export function stepA(lane: u64, word: u64): u64 {
  return rotl<u64>(lane ^ word, 29) * FACTOR_A;
}

// @ts-ignore: decorator
@inline
export function stepB(lane: u64, word: u64): u64 {
  return rotl<u64>(lane ^ word, 41) * FACTOR_B;
}

/** The last word of a member: both lengths and the tag, so that no two members read alike. */
// @ts-ignore: decorator
@inline
export function lastWord(nameLength: usize, valueLength: usize, tag: u32): u64 {
  return ((<u64>nameLength) << 40) | ((<u64>valueLength) << 8) | (<u64>tag);
}

// @ts-ignore: decorator
@inline
export function fold(lane: u64, factor: u64): u64 {
  lane ^= lane >> 32;
  lane *= factor;
  return lane ^ (lane >> 29);
}

function mix(value: u64): u64 {
  value ^= value >> 32;
  value *= FACTOR_A;
  value ^= value >> 29;
  value *= FACTOR_B;
  return value ^ (value >> 32);
}

export function setLanes(a: u64, b: u64): void {
  laneA = a;
  laneB = b;
}

export function setUid(high: u64, low: u64): void {
  uidHigh = high;
  uidLow = low;
}

export function setSums(a: u64, b: u64): void {
  sumA = a;
  sumB = b;
}

/** Adds a text to the lanes: whole words, then the rest (0 to 7 bytes) padded with zeros. */
export function absorb(from: usize, to: usize): void {
  let a = laneA;
  let b = laneB;
  while (from + 8 <= to) {
    const word = load<u64>(from);
    a = stepA(a, word);
    b = stepB(b, word);
    from += 8;
  }
  const word = head(load<u64>(from), to - from);
  laneA = stepA(a, word);
  laneB = stepB(b, word);
}

/** Adds a member, given as two texts. */
export function addMember(name: usize, nameEnd: usize, value: usize, valueEnd: usize, tag: u32): void {
  setLanes(START_A, START_B);
  absorb(name, nameEnd);
  absorb(value, valueEnd);
  const word = lastWord(nameEnd - name, valueEnd - value, tag);
  sumA += fold(stepA(laneA, word), FACTOR_B);
  sumB += fold(stepB(laneB, word), FACTOR_A);
}

/** Makes the fingerprint of so many `members` from the sums. */
export function finishUid(members: u32): void {
  uidHigh = mix(sumA + (<u64>members) * START_A);
  uidLow = mix(sumB ^ uidHigh);
}

/** Takes 32 hex digits in lower case as the fingerprint; false for any other text. */
export function takeUid(from: usize, length: u32): bool {
  if (length != 32) return false;
  const high = (readHex(load<u64>(from)) << 32) | readHex(load<u64>(from, 8));
  const low = (readHex(load<u64>(from, 16)) << 32) | readHex(load<u64>(from, 24));
  writeHex(writeHex(HEX, high), low);
  for (let i: usize = 0; i < 32; i += 8) {
    if (load<u64>(HEX + i) != load<u64>(from + i)) return false;
  }
  uidHigh = high;
  uidLow = low;
  return true;
}

/** Eight hex digits as 32 bits; other characters make some other number, which the caller notices. */
function readHex(text: u64): u64 {
  let x = (text & 0x0f0f0f0f0f0f0f0f) + ((text >> 6) & 0x0101010101010101) * 9;
  x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >> 8) & 0x000f000f000f000f);
  x &= 0x00ff00ff00ff00ff;
  x = ((x & 0x000000ff000000ff) << 8) | ((x >> 16) & 0x000000ff000000ff);
  return ((x & 0xffff) << 16) | (x >> 32);
}

/** Writes 64 bits as 16 hex digits, eight at a time. */
export function writeHex(to: usize, value: u64): usize {
  return half(half(to, value >> 32), value & 0xffffffff);
}

function half(to: usize, value: u64): usize {
  // Spread the eight digits over eight bytes, the first one lowest, then add a letter's distance to a digit.
  let x = ((value & 0xffff) << 32) | (value >> 16);
  x = ((x & 0x000000ff000000ff) << 16) | ((x & 0x0000ff000000ff00) >> 8);
  x = ((x & 0x000f000f000f000f) << 8) | ((x & 0x00f000f000f000f0) >> 4);
  const letters = ((x + 0x0606060606060606) >> 4) & 0x0101010101010101;
  store<u64>(to, x + 0x3030303030303030 + letters * 39);
  return to + 8;
}

/** The running digest over an item's fingerprints: it depends on their order. */
let digestA: u64 = 0;
let digestB: u64 = 0;

export function resetDigest(): void {
  digestA = 0;
  digestB = 0;
}

export function extendDigest(): void {
  digestA = stepA(digestA, uidHigh) + digestB;
  digestB = stepB(digestB, uidLow) ^ digestA;
}

/** Writes the digest as 32 hex digits; returns their address. */
export function digestText(): usize {
  writeHex(writeHex(HEX, mix(digestA)), mix(digestB ^ mix(digestA)));
  return HEX;
}
