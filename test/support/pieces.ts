import fc from "fast-check";

/** Cuts bytes at the given positions (any numbers; taken modulo the length), empty pieces included. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const cuts = [0, ...positions.map((position) => position % (bytes.length + 1)), bytes.length];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
}

/** Positions for `cutAt`. */
export const cutPositions = fc.array(fc.nat(1_000_000), { maxLength: 12 });

/** Numbers as bytes of text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
