import { gunzip } from "../decode/gunzip.ts";
import { lines } from "../decode/lines.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import type { RecordKind } from "../engine.ts";
import { DecodeError } from "../errors.ts";
import { type LinkedFile, type Listing, readListing } from "./batch_listing.ts";
import { cursorFields } from "./cursor_fields.ts";
import { shortHash } from "./short_hash.ts";
import type { Cursor, Item, Page, Source, SourceContext } from "./source.ts";

/** What distinguishes one API 2.0 batch feed from another. */
export interface BatchFeed {
  readonly name: string;
  readonly path: string;
  readonly permission: string;
  readonly product: string;
  readonly kind: RecordKind;
  /** The values of `type`; each is a stream of its own. */
  readonly types: readonly string[];
}

/** Where the list of one type stands. */
interface Place {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /** `dateRangeStartsAt`, `YYYY-MM-DD`: used until the first `@nextPage`. */
  readonly startDay: string;
  /** Files taken lately, hashed: a page may be listed again, and a file on two pages. */
  readonly recent: readonly string[];
}

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 7;
const PAGE_SIZE = 100;
/** Three full pages. */
const MAX_RECENT = 300;
/** New batches appear every 15 minutes. */
const AVAILABLE_AFTER_MS = 15 * 60_000;

/**
 * A source over `GET /siem/v1/batch/events/…` (reference: API 2.0 batch): pages of links to gzip files of
 * NDJSON. The place is `@nextPage`; dates have the resolution of a day and serve for the beginning only.
 */
export function batchSource(feed: BatchFeed): Source {
  return {
    name: feed.name,
    api: "2.0",
    endpoint: `GET ${feed.path}`,
    permission: feed.permission,
    product: feed.product,
    retentionMs: RETENTION_DAYS * DAY_MS,
    streams: feed.types.map((type) => `${feed.name}:${type}`),
    start: (_stream, startMs, nowMs) => startPlace(startMs, nowMs),
    page: (stream, cursor, context) => {
      const type = stream.slice(feed.name.length + 1);
      return nextPage(feed, type, readPlace(cursor, feed.name), context);
    },
    replay: {
      // By day: from there on Mimecast lists everything up to now.
      range: (_stream, fromMs, _toMs, nowMs) => [startPlace(fromMs, nowMs)],
      ended: (_next, what) => what === "gap",
      timeKey: "timestamp",
      again: (cursor) => cursor,
      missed: (items, key) => items.filter((item) => item.key === key),
      stored: async (path) => [
        {
          key: "file",
          kind: feed.kind,
          records: () => lines(gunzip(spooledFile(path))),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

function startPlace(startMs: number, nowMs: number): Cursor {
  const startDay = dayOf(Math.max(startMs, oldestMs(nowMs)));
  return toCursor({ nextPage: null, startDay, recent: [] });
}

async function nextPage(
  feed: BatchFeed,
  type: string,
  place: Place,
  context: SourceContext,
): Promise<Page> {
  const nowMs = context.now();
  const oldestDay = dayOf(oldestMs(nowMs));
  const isLate = place.nextPage === null && place.startDay < oldestDay;
  const startDay = isLate ? oldestDay : place.startDay;
  const answer = await context.client.json({
    method: "GET",
    path: feed.path,
    query: {
      type,
      pageSize: String(PAGE_SIZE),
      ...(place.nextPage === null
        ? { dateRangeStartsAt: startDay, dateRangeEndsAt: dayOf(nowMs) }
        : { nextPage: place.nextPage }),
    },
  });
  const listing = readListing(answer.body, feed.path);
  const files = freshFiles(listing.files, place.recent);
  const token = listing.nextPage ?? place.nextPage;
  const recent = [...place.recent, ...files.map((file) => shortHash(file.key))];
  return {
    items: files.map((file) => fileItem(file, feed.kind, context)),
    next: toCursor({ nextPage: token, startDay, recent: recent.slice(-MAX_RECENT) }),
    more: hasMore(listing, token !== place.nextPage, files.length),
    coveredUntilMs: listing.isCaughtUp ? nowMs - AVAILABLE_AFTER_MS : null,
    ...(isLate
      ? { gap: { reason: `Files from ${place.startDay} to ${oldestDay} are older than 7 days` } }
      : {}),
  };
}

/**
 * Decided by what the server says, not by how many files were new to us. A list that neither moves nor brings
 * a new file has no more, whatever `isCaughtUp` says.
 */
function hasMore(listing: Listing, hasMoved: boolean, newFiles: number): boolean {
  if (listing.isCaughtUp === true) return false;
  if (!hasMoved) return newFiles > 0;
  return listing.files.length > 0 || listing.isCaughtUp === false;
}

function freshFiles(files: readonly LinkedFile[], recent: readonly string[]): LinkedFile[] {
  const seen = new Set(recent);
  return files.filter((file) => {
    const hash = shortHash(file.key);
    if (seen.has(hash)) return false;
    seen.add(hash);
    return true;
  });
}

function fileItem(file: LinkedFile, kind: RecordKind, context: SourceContext): Item {
  const raw = async function* (): AsyncGenerator<Uint8Array> {
    yield* await context.client.download(file.url);
  };
  return {
    key: file.key,
    kind,
    raw,
    records: () => lines(gunzip(notEmpty(raw(), file), { reuse: true })),
  };
}

/** An object that was announced with a size and comes without a byte is a failed download, not an empty file. */
async function* notEmpty(
  chunks: AsyncIterable<Uint8Array>,
  file: LinkedFile,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    yield chunk;
  }
  if (size === 0 && file.size !== 0) {
    throw new DecodeError(`Cannot read "${file.key}": the file is empty`, { code: "empty" });
  }
}

function oldestMs(nowMs: number): number {
  return nowMs - RETENTION_DAYS * DAY_MS;
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function readPlace(cursor: Cursor, source: string): Place {
  const fields = cursorFields(cursor, source);
  return {
    nextPage: fields.textOrNull("nextPage"),
    startDay: fields.text("startDay"),
    recent: fields.texts("recent"),
  };
}

function toCursor(place: Place): Cursor {
  return { nextPage: place.nextPage, startDay: place.startDay, recent: [...place.recent] };
}
