import { createHash } from "node:crypto";

/** Namespace of our names. */
const NAMESPACE = Buffer.from("6d696d65636173742d696e7075740000", "hex");

/** The same name, the same UUID (RFC 9562 5.5, version 5), so that an update replaces what an older release brought. */
export function uuidOf(name: string): string {
  const bytes = hashOf(name).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join("-");
}

/** The same name, the same number of `count` from `first` on, whatever is added beside it; two names can have one. */
export function numberOf(name: string, first: number, count: number): number {
  return first + (hashOf(name).readUInt32BE(16) % count);
}

function hashOf(name: string): Buffer {
  return createHash("sha1").update(NAMESPACE).update(name).digest();
}
