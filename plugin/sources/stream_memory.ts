import { isObject } from "../client/failure.ts";
import { recordIdentities } from "./record_identity.ts";
import { SeenIds } from "./seen_ids.ts";
import type { StreamPosition } from "./stream_position.ts";

/** Records remembered in the cursor. */
const MAX_IDS = 3_000;

/**
 * Which records of a page are new, one answer a record, and the memory with them.
 *
 * Mimecast is known to bring records of one page on the next one again (demisto/content, MimecastEventCollectorV2), and each
 * record of this feed has a `processingId`: an equal record with one is the same record. One without may be a second one, as
 * two equal ones on one page are: it is taken, unless the page is one that was shown before.
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

/** `timestamp` of a record, ms since 1970; streaming has it as a number. Null where there is none. */
export function streamTime(record: unknown): number | null {
  const { timestamp } = isObject(record) ? record : {};
  const timeMs = typeof timestamp === "string" ? Number(timestamp) : timestamp;
  return typeof timeMs === "number" && Number.isFinite(timeMs) && timeMs > 0 ? timeMs : null;
}
