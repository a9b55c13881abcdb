import { DecodeError } from "../errors.ts";

/** The limits of unpacked data. The ratio counts only beyond `freeBytes`. */
export interface UnpackLimits {
  readonly maxBytes: number;
  readonly maxRatio: number;
  readonly freeBytes: number;
}

/**
 * Mail logs pack to a tenth or a thirtieth, and deflate to 1 in 1,032 at best. So a ratio above this is a bomb; below it,
 * an attacker must send a fair share of the bytes that we handle.
 */
export const UNPACK_LIMITS: UnpackLimits = {
  maxBytes: 32 * 1024 ** 3,
  maxRatio: 250,
  freeBytes: 256 * 1024 ** 2,
};

/** Throws a `DecodeError` if `packedBytes` have unpacked to too many `bytes`. */
export function checkUnpacked(
  bytes: number,
  packedBytes: number,
  { maxBytes, maxRatio, freeBytes }: UnpackLimits,
): void {
  if (bytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes come out`);
  if (bytes > freeBytes && bytes > packedBytes * maxRatio) {
    throw tooLarge(`more than ${maxRatio} times its size comes out`);
  }
}

function tooLarge(why: string): DecodeError {
  return new DecodeError(`Cannot unpack: ${why}`, { code: "too_large" });
}
