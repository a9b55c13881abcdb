import { LF } from "../text/char_code.ts";

/** Pieces of whole lines, each at most `maxBytes` long unless it is a single longer line. Views, not copies. */
export function* splitLines(lines: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  let from = 0;
  while (lines.length - from > maxBytes) {
    const cut = lines.lastIndexOf(LF, from + maxBytes - 1);
    const to = cut >= from ? cut : lines.indexOf(LF, from);
    if (to < 0) break;
    yield lines.subarray(from, to + 1);
    from = to + 1;
  }
  if (from < lines.length) yield lines.subarray(from);
}
