import { checkedLine, readCheckedLine } from "../text/checked_line.ts";
import { isJournalEntry } from "./checkpoint_schema.ts";
import type { JournalEntry } from "./handover.ts";

/**
 * The journal: one checked line, overwritten in place after every accepted chunk, without fsync.
 * It must survive the death of this process, not of the machine: after a machine's death the shipper is another process,
 * and the program sends everything since `committed` again. A torn or older line reads as null. Padding to whole blocks
 * makes one more entry fit on a disk that has become full.
 */

const BLOCK_BYTES = 4096;

/** The bytes of an entry; a reader ignores what a longer, earlier entry left after the line feed. */
export function serializeJournal(entry: JournalEntry): Uint8Array {
  const line = checkedLine(entry);
  const bytes = blankJournal(Math.ceil(line.length / BLOCK_BYTES));
  bytes.set(line);
  return bytes;
}

/** A journal without an entry. */
export function blankJournal(blocks = 1): Uint8Array {
  return new Uint8Array(blocks * BLOCK_BYTES).fill(0x0a);
}

/** The entry, or null if there is none or it is not whole. */
export function parseJournal(bytes: Uint8Array | null): JournalEntry | null {
  const entry = readCheckedLine(bytes);
  return isJournalEntry(entry) ? (entry as JournalEntry) : null;
}
