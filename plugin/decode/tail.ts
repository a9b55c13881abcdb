/** The rest of a stream after its reader. */
export interface Tail {
  /** The stream for the reader, who may leave it early. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** True if a byte other than zero follows the consumed ones. Reads to the end. */
  holdsMore(): Promise<boolean>;
  /** Closes the source. */
  close(): Promise<void>;
}

/**
 * Passes a stream on and keeps the pieces that its reader took but did not consume. `consumed` tells how many bytes the
 * reader has used so far.
 */
export function createTail(source: AsyncIterable<Uint8Array>, consumed: () => number): Tail {
  const pieces = source[Symbol.asyncIterator]();
  let taken: { readonly start: number; readonly chunk: Uint8Array }[] = [];
  let end = 0;
  let pending: Promise<IteratorResult<Uint8Array>> = Promise.resolve({
    done: true,
    value: undefined,
  });

  const next = (): Promise<IteratorResult<Uint8Array>> => {
    pending = pieces.next().then((result) => {
      if (result.done) return result;
      const isOpen = ({ start, chunk }: (typeof taken)[number]) =>
        start + chunk.length > consumed();
      taken = [...taken.filter(isOpen), { start: end, chunk: result.value }];
      end += result.value.length;
      return result;
    });
    return pending;
  };

  return {
    // Without return(), because the rest is still needed when the reader leaves.
    chunks: { [Symbol.asyncIterator]: () => ({ next }) },
    async holdsMore() {
      await pending;
      const position = consumed();
      const left = taken.map(({ start, chunk }) => chunk.subarray(Math.max(0, position - start)));
      if (left.some(hasData)) return true;
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return false;
        if (hasData(value)) return true;
      }
    },
    async close() {
      await pieces.return?.();
    },
  };
}

function hasData(chunk: Uint8Array): boolean {
  return chunk.some((byte) => byte !== 0);
}
