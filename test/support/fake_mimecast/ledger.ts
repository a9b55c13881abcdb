import { recordId } from "./record_id.ts";
import { RECORD_TYPES, type RecordType, type SourceName, TYPE_NAMES } from "./record_types.ts";

/** Remembers with one bit a record what has been handed out at least once. */
export class Ledger {
  readonly #seed: number;
  readonly #bits = new Map<RecordType, Uint8Array>();
  readonly #counts = new Map<RecordType, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Notes that a record went out. */
  mark(type: RecordType, index: number): void {
    const bits = this.#bitsFor(type, index);
    const mask = 1 << (index & 7);
    if (((bits[index >> 3] ?? 0) & mask) !== 0) return;
    bits[index >> 3] = (bits[index >> 3] ?? 0) | mask;
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  /** How many different records went out. */
  count(source?: SourceName | RecordType): number {
    let sum = 0;
    for (const type of TYPE_NAMES) {
      if (belongs(type, source)) sum += this.#counts.get(type) ?? 0;
    }
    return sum;
  }

  /** The ids that went out, type by type. */
  *ids(source?: SourceName | RecordType): Generator<string> {
    for (const type of TYPE_NAMES) {
      if (!belongs(type, source)) continue;
      const bits = this.#bits.get(type) ?? new Uint8Array(0);
      for (let index = 0; index < bits.length * 8; index += 1) {
        if (((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) {
          yield recordId(this.#seed, type, index);
        }
      }
    }
  }

  #bitsFor(type: RecordType, index: number): Uint8Array {
    const bits = this.#bits.get(type);
    if (bits !== undefined && index >> 3 < bits.length) return bits;
    const grown = new Uint8Array(Math.max(1024, (index >> 3) * 2));
    if (bits !== undefined) grown.set(bits);
    this.#bits.set(type, grown);
    return grown;
  }
}

/** True where a type is meant by a source's or a type's name; no name means all. */
export function belongs(type: RecordType, name?: SourceName | RecordType): boolean {
  return name === undefined || name === type || RECORD_TYPES[type].source === name;
}
