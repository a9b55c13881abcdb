import type { Safety } from "../state/checkpoint.ts";

/** Where finished lines go until the shipper has taken them. */
export interface Delivery {
  /** What "taken" is worth here. */
  readonly safety: Safety;
  /** True where only Mimecast's records are wanted, and nothing that the program says of itself. Default: false. */
  readonly silent?: boolean;
  /** Bytes that the output has accepted since the program started. */
  accepted(): number;
  /**
   * Whole lines, each with its "\n". Resolves once they are accepted; throws a `ShipperGoneError` or `StateError`.
   * `onPart`: waited for with the number of bytes that are accepted already, where they go in several parts.
   */
  write(lines: Uint8Array, onPart?: (acceptedBytes: number) => Promise<void>): Promise<void>;
  /** True while a write waits to be accepted. */
  isWriting(): boolean;
  /** True where the reader kept the last write waiting: it may stand still with the rest unread. */
  readerWaits(): boolean;
  /** Makes what was accepted as safe as this output can: fsync for a file. */
  flush(): Promise<void>;
  /**
   * False where it is too early to flush again, since each flush costs: the position waits for the next one. Absent: it
   * never is.
   */
  isFlushDue?(): boolean;
  /** Gives up what it has open. Absent: nothing. */
  close?(): Promise<void>;
}
