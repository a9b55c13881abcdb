/** No "-", so that filler can never look like a record id. */
const WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/** Chance that is a pure function of its seed: the same record is drawn the same way every time. */
export class Draw {
  #state: number;

  constructor(seed: number, typeNumber: number, index: number) {
    this.#state = mix(mix(mix(seed | 0) ^ typeNumber) ^ index);
  }

  /** The next 32 bits (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }

  /** 0 ≤ n < limit. */
  int(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length) text += (this.next() + 0x1_0000_0000).toString(16).slice(1);
    return text.slice(0, length);
  }

  /** Letters, digits and "_". */
  word(length: number): string {
    let text = "";
    while (text.length < length) {
      const bits = this.next();
      for (let shift = 0; shift < 30; shift += 6) text += WORD[((bits >>> shift) & 63) % 63];
    }
    return text.slice(0, length);
  }

  guid(): string {
    const hex = this.hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) | 0;
}
