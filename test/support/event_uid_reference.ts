/**
 * The eventUid by its definition (docs/decisions/0005-event-uid.md), written for reading and not for speed: BigInt,
 * one member after the other. Shares nothing with the engine.
 */
const MASK = (1n << 64n) - 1n;
const START = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn] as const;
const FACTORS = [0x9fb21c651e98df25n, 0xd6e8feb86659fd93n] as const;
const ROTATIONS = [29n, 41n] as const;

/** What a value is: its tag in the last word of a member. */
export const TAGS = { string: 1n, scalar: 2n, nested: 3n, pair: 4n, raw: 5n } as const;

/** A member: name and value as they stand in the record, quotation marks left out. */
export interface Member {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  readonly tag: keyof typeof TAGS;
}

/** 32 hex digits for a record of these members, in any order. */
export function eventUidOf(members: readonly Member[]): string {
  let sumA = 0n;
  let sumB = 0n;
  for (const member of members) {
    sumA = (sumA + fold(lane(0, member), FACTORS[1])) & MASK;
    sumB = (sumB + fold(lane(1, member), FACTORS[0])) & MASK;
  }
  const high = mix((sumA + BigInt(members.length) * START[0]) & MASK);
  const low = mix(sumB ^ high);
  return high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
}

/** The members of a JSON object without nested values, as JSON.stringify writes them. */
export function membersOf(
  object: Readonly<Record<string, string | number | boolean | null>>,
): Member[] {
  return Object.entries(object)
    .filter(([name, value]) => value !== null && name !== "_offset" && name !== "_partition")
    .map(([name, value]) => {
      const text = JSON.stringify(value);
      const isString = typeof value === "string";
      return {
        name: Buffer.from(JSON.stringify(name).slice(1, -1)),
        value: Buffer.from(isString ? text.slice(1, -1) : text),
        tag: isString ? ("string" as const) : ("scalar" as const),
      };
    });
}

function lane(number: 0 | 1, { name, value, tag }: Member): bigint {
  const last = (BigInt(name.length) << 40n) | (BigInt(value.length) << 8n) | TAGS[tag];
  let state: bigint = START[number];
  for (const word of [...words(name), ...words(value), last]) {
    state = (rotate(state ^ word, ROTATIONS[number]) * FACTORS[number]) & MASK;
  }
  return state;
}

/** Eight bytes a word, the lowest first; the rest, which may be empty, is filled up with zeros. */
function words(text: Uint8Array): bigint[] {
  const padded = Buffer.alloc((Math.floor(text.length / 8) + 1) * 8);
  padded.set(text);
  return Array.from({ length: padded.length / 8 }, (_, index) => padded.readBigUInt64LE(index * 8));
}

function fold(state: bigint, factor: bigint): bigint {
  const product = ((state ^ (state >> 32n)) * factor) & MASK;
  return product ^ (product >> 29n);
}

function mix(value: bigint): bigint {
  const first = ((value ^ (value >> 32n)) * FACTORS[0]) & MASK;
  const second = ((first ^ (first >> 29n)) * FACTORS[1]) & MASK;
  return second ^ (second >> 32n);
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}
