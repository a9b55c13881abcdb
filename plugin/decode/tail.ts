/** What a reader left of a stream. */
export interface Tail {
  /** The stream for the reader, who may leave it early. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** True where any byte but zero follows behind what the reader consumed. Reads to the end. */
  holdsMore(): Promise<boolean>;
  /** Closes the source. */
  close(): Promise<void>;
}

/**
 * Hands a stream on and keeps what its reader took but did not consume. `consumed`: how many bytes it has made use of by
 * now, from the beginning.
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
    // Without return(): the rest is still wanted when the reader leaves.
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
