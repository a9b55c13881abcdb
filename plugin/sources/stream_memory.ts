import { isObject } from "../client/failure.ts";
import { recordIdentities } from "./record_identity.ts";
import { SeenIds } from "./seen_ids.ts";
import type { StreamPosition } from "./stream_position.ts";

/** How many records the cursor remembers. */
const MAX_IDS = 3_000;

/**
 * Decides for each record of a page whether it is new, and returns the memory with them.
 *
 * Mimecast sometimes repeats records of one page on the next (demisto/content, MimecastEventCollectorV2). Each record of this
 * feed has a `processingId`: an equal record with an id is the same record. An equal record without an id may be a second
 * record, as on one page: the program takes it, unless Mimecast has shown this page before.
 */
export function newRecords(
  records: readonly unknown[],
  position: StreamPosition,
): { readonly keep: readonly boolean[]; readonly ids: readonly string[] } {
  const before = new SeenIds(position.ids);
  const seen = new SeenIds(position.ids);
  const isShownAgain = position.isRedoing || position.hasShown;
  const identities = recordIdentities(records, []);
  const keep = records.map((record, index) => {
    const identity = identities[index] as string;
    const timeMs = streamTime(record) ?? position.fromMs;
    if (isShownAgain || hasId(record)) return seen.add(identity, timeMs);
    return seen.add(numberedOn(identity, before), timeMs);
  });
  return { keep, ids: seen.entries(0, MAX_IDS) };
}

/** `text#n` of `recordIdentities`, counted on from the equal ones of earlier pages. */
function numberedOn(identity: string, before: SeenIds): string {
  const cut = identity.lastIndexOf("#") + 1;
  const text = identity.slice(0, cut);
  let known = 0;
  while (before.has(`${text}${known + 1}`)) known++;
  return `${text}${known + Number(identity.slice(cut))}`;
}

function hasId(record: unknown): boolean {
  const { processingId } = isObject(record) ? record : {};
  return typeof processingId === "string" && processingId !== "";
}

/** `timestamp` of a record, ms since 1970, a number in this feed; null if there is none. */
export function streamTime(record: unknown): number | null {
  const { timestamp } = isObject(record) ? record : {};
  const timeMs = typeof timestamp === "string" ? Number(timestamp) : timestamp;
  return typeof timeMs === "number" && Number.isFinite(timeMs) && timeMs > 0 ? timeMs : null;
}
