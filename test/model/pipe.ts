/** A pipe of the operating system: a bounded buffer that outlives its writer and dies with its reader. */
export interface ModelPipe {
  /** Takes what fits and returns how much; throws where nobody reads. */
  put(bytes: Uint8Array): number;
  /** Takes out at most `limit` bytes. */
  take(limit: number): Uint8Array;
  readonly size: number;
  readonly room: number;
  closeReader(): void;
  closeWriter(): void;
  readonly readerClosed: boolean;
  /** True where nothing more will come. */
  readonly ended: boolean;
}

/** Thrown by `put` where the reader is gone. */
export class BrokenPipe extends Error {}

/** An empty pipe with both ends open. */
export function createPipe(capacity: number): ModelPipe {
  let content: Buffer = Buffer.alloc(0);
  let reader = true;
  let writer = true;
  return {
    put(bytes) {
      if (!reader) throw new BrokenPipe("EPIPE");
      const fits = bytes.subarray(0, capacity - content.length);
      content = Buffer.concat([content, fits]);
      return fits.length;
    },
    take(limit) {
      const bytes = content.subarray(0, limit);
      content = content.subarray(bytes.length);
      return bytes;
    },
    get size() {
      return content.length;
    },
    get room() {
      return reader ? capacity - content.length : 0;
    },
    closeReader() {
      reader = false;
      content = Buffer.alloc(0);
    },
    closeWriter() {
      writer = false;
    },
    get readerClosed() {
      return !reader;
    },
    get ended() {
      return !writer && content.length === 0;
    },
  };
}
