import { DecodeError } from "../errors.ts";

/** What an archive may come to. The ratio counts only beyond `freeBytes`. */
export interface UnpackLimits {
  readonly maxBytes: number;
  readonly maxRatio: number;
  readonly freeBytes: number;
}

/**
 * Mail logs pack to a tenth or a thirtieth; deflate can't do better than 1 to 1,032. So a larger ratio is a bomb, and an
 * honest one takes an attacker as many bytes of network as he makes us handle.
 */
export const UNPACK_LIMITS: UnpackLimits = {
  maxBytes: 32 * 1024 ** 3,
  maxRatio: 250,
  freeBytes: 256 * 1024 ** 2,
};

/** Throws a `DecodeError` where `bytes` are too many to have come out of `packedBytes`. */
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
