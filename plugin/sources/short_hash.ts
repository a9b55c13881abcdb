import { createHash } from "node:crypto";

/**
 * A short hash of a seen record, for cursors: 64 bits of SHA-256 as 11 characters. The chance that two of the few thousand
 * in a cursor are equal is below 1 in 10^12; only then does the program take a new record for a repetition.
 */
export function shortHash(text: string): string {
  return createHash("sha256").update(text, "utf8").digest().subarray(0, 8).toString("base64url");
}
