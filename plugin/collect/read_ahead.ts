import type { Item } from "../sources/source.ts";

/** Reads the items of a page, each one's beginning while the one before is still being taken. */
export interface ReadAhead {
  /** The item's blocks. Once its first one is there, the next item's is asked for. */
  records(item: Item): AsyncIterable<Uint8Array>;
  /** Gives up what was begun ahead of its time. An answer that is still to come is not waited for. */
  close(): void;
}

interface Opened {
  readonly item: Item;
  readonly blocks: AsyncIterator<Uint8Array>;
  readonly first: Promise<IteratorResult<Uint8Array>>;
}

/**
 * One item ahead: the way to Mimecast's storage and back is gone by the time that the item is wanted. `next` names the
 * item after this one, or null where none should be opened. Errors come when the item is read, not before.
 */
export function createReadAhead(next: (item: Item) => Item | null): ReadAhead {
  let ahead: Opened | null = null;

  function open(item: Item): Opened {
    const blocks = item.records()[Symbol.asyncIterator]();
    const first = blocks.next();
    first.catch(() => {}); // whoever reads the item gets it
    return { item, blocks, first };
  }

  function close(): void {
    // Takes effect when the first block is there, which may be in a minute.
    void ahead?.blocks.return?.().catch(() => {});
    ahead = null;
  }

  return {
    async *records(item) {
      if (ahead?.item !== item) close();
      const { blocks, first } = ahead ?? open(item);
      ahead = null;
      try {
        let block = await first;
        const following = next(item);
        if (following !== null) ahead = open(following);
        while (!block.done) {
          yield block.value;
          block = await blocks.next();
        }
      } finally {
        await blocks.return?.();
      }
    },
    close,
  };
}
