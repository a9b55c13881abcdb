import fc from "fast-check";

/** Cuts bytes at the given places (any numbers; taken modulo the length), empty pieces included. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
}

/** Places for `cutAt`. */
export const cutPlaces = fc.array(fc.nat(1_000_000), { maxLength: 12 });

/** Numbers as bytes of text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
