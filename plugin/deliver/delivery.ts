import type { Safety } from "../state/checkpoint.ts";

/** The way of finished lines until the shipper has taken them. */
export interface Delivery {
  /** When accepted lines are safe here. */
  readonly safety: Safety;
  /** True to send only Mimecast's records, without the program's own events. Default: false. */
  readonly silent?: boolean;
  /** Bytes that the output has accepted since the program started. */
  accepted(): number;
  /**
   * Writes whole lines, each with its "\n". Resolves once the output has accepted them; throws a `ShipperGoneError` or
   * `StateError`. If the lines go in several parts, it awaits `onPart` with the bytes accepted so far.
   */
  write(lines: Uint8Array, onPart?: (acceptedBytes: number) => Promise<void>): Promise<void>;
  /** True while a write waits for the output. */
  isWriting(): boolean;
  /** True if the reader kept the last write waiting: it may have stopped with the rest unread. */
  readerWaits(): boolean;
  /** Makes the accepted lines as safe as this output can: fsync for a file. */
  flush(): Promise<void>;
  /**
   * False if it is too early for another flush, because each flush costs: the position waits for the next one. Absent:
   * never too early.
   */
  isFlushDue?(): boolean;
  /** Closes what it has open. Absent: nothing is open. */
  close?(): Promise<void>;
}
