/**
 * Reads pieces until `isEnough`, and returns them with a stream that still has everything. The caller must read or return
 * the stream, which closes the source.
 */
export async function peeked(
  chunks: AsyncIterable<Uint8Array>,
  isEnough: (head: Uint8Array) => boolean,
): Promise<{ readonly head: Uint8Array; readonly whole: AsyncGenerator<Uint8Array> }> {
  const pieces = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (!isEnough(head)) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, whole: resumed(head, pieces) };
}

async function* resumed(
  head: Uint8Array,
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return;
      yield value;
    }
  } finally {
    await pieces.return?.();
  }
}
