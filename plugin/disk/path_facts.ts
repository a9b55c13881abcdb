/** The operating system's facts about a file or folder. */
export interface PathFacts {
  /** Permission bits; null where the system has none. */
  readonly mode: number | null;
  /** Why a poll refuses it, as the end of "it …"; null if it does not. */
  readonly distrusted: string | null;
  readonly inode: number;
  readonly writable: boolean;
  /** Bytes that this user can still write there. */
  readonly freeBytes: number;
}
