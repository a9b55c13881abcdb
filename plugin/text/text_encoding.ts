/** The error for bytes that are no text in UTF-8. The message is the clause after a colon, `hint` the remedy. */
export class EncodingError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

const utf16 = () =>
  new EncodingError(
    "its text is UTF-16, and must be UTF-8",
    "Save it as UTF-8, for instance with: iconv -f UTF-16 -t UTF-8 OLD > NEW",
  );
const binary = () =>
  new EncodingError("it is not a text file: it holds NUL bytes", "Name the right file");

/**
 * The text of a file in UTF-8, without its byte order mark. Throws an `EncodingError` if the bytes are UTF-16 (by their byte order
 * mark, or because every second one is NUL) or hold a NUL, which no text has. A byte that is not UTF-8 becomes U+FFFD.
 */
export function textOf(bytes: Uint8Array): string {
  refuseUtf16(bytes);
  if (bytes.includes(0)) throw binary();
  return new TextDecoder().decode(bytes);
}

/** Throws an `EncodingError` for bytes that are UTF-16, by their byte order mark or because every second one is NUL. */
export function refuseUtf16(bytes: Uint8Array): void {
  const isMarked =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isMarked || (bytes.includes(0) && looksLikeUtf16(bytes))) throw utf16();
}

/** ASCII in UTF-16 has a NUL at every second byte, and nowhere else. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 64);
  const nul = [0, 0];
  head.forEach((byte, at) => {
    if (byte === 0) nul[at % 2]! += 1;
  });
  const [even = 0, odd = 0] = nul;
  return Math.min(even, odd) === 0 && Math.max(even, odd) >= head.length / 4;
}
