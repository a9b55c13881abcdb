import type { Item } from "../sources/source.ts";

/** Reads the items of a page, and the beginning of the next item while the output takes the current one. */
export interface ReadAhead {
  /** The item's blocks. After its first block, the program asks for the next item. */
  records(item: Item): AsyncIterable<Uint8Array>;
  /** Closes the item that was opened ahead, without a wait for its answer. */
  close(): void;
}

interface Opened {
  readonly item: Item;
  readonly blocks: AsyncIterator<Uint8Array>;
  readonly first: Promise<IteratorResult<Uint8Array>>;
}

/**
 * One item ahead: Mimecast's storage has answered by the time that the pump needs the item. `next` names the item after this
 * one, or null to open none. Errors come when the pump reads the item, not before.
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
