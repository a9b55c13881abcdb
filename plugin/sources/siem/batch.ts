import { gunzip } from "../../decode/gunzip.ts";
import { lines } from "../../decode/lines.ts";
import { separatedRecords } from "../../decode/separated_records.ts";
import { spooledFile } from "../../decode/spooled_file.ts";
import type { RecordKind } from "../../encode/engine.ts";
import { beginBy } from "../begin_by.ts";
import type { Cursor, Page, Source, SourceContext } from "../source.ts";
import {
  type AskBatch,
  askBatch,
  BATCH_RETENTION_MS,
  dayOf,
  hasMore,
  isSettled,
  laterDay,
} from "./batch_answer.ts";
import { batchItem } from "./batch_item.ts";
import { readListing } from "./batch_listing.ts";
import {
  type BatchPosition,
  batchCursor,
  batchStart,
  readBatchPosition,
} from "./batch_position.ts";
import { hasNothingNew, type Probe, probe } from "./batch_probe.ts";

/** What distinguishes one API 2.0 batch feed from another. */
export interface BatchFeed {
  readonly name: string;
  readonly path: string;
  readonly permission: string;
  readonly product: string;
  readonly kind: RecordKind;
  /** The values of `type`, each with a stream of its own. */
  readonly types: readonly string[];
}

const PAGE_SIZE = 100;
/** New batches appear every 15 minutes. */
const AVAILABLE_AFTER_MS = 15 * 60_000;
/** A file may appear this long after its day. */
const LATE_MS = 86_400_000;

/**
 * A source over `GET /siem/v1/batch/events/…` (reference: API 2.0 batch): pages of links to gzip files of
 * NDJSON. The position is `@nextPage`; dates, with the resolution of a day, serve if there is no token that works.
 */
export function batchSource(feed: BatchFeed): Source {
  return {
    name: feed.name,
    api: "2.0",
    endpoint: `GET ${feed.path}`,
    callKind: "batch",
    permission: feed.permission,
    product: feed.product,
    retentionMs: BATCH_RETENTION_MS,
    streams: feed.types.map((type) => `${feed.name}:${type}`),
    start: (_stream, startMs, nowMs) => startPosition(startMs, nowMs, nowMs),
    page: (stream, cursor, context) => {
      const type = stream.slice(feed.name.length + 1);
      return nextPage(feed, type, readBatchPosition(cursor, feed.name, context.now()), context);
    },
    replay: {
      // By day: Mimecast lists everything from there up to now.
      range: (_stream, fromMs, _toMs, nowMs) => [startPosition(fromMs, nowMs, null)],
      ended: (_next, what) => what === "gap",
      timeKey: "timestamp",
      // Asks whether there is anything new or not.
      again: (cursor) =>
        batchCursor({ ...readBatchPosition(cursor, feed.name, 0), isCaughtUp: false }),
      missed: (items, key) => items.filter((item) => item.key === key),
      stored: async (path) => [
        {
          key: "file",
          kind: feed.kind,
          records: () => separatedRecords(lines(gunzip(spooledFile(path)))),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

function startPosition(startMs: number, nowMs: number, begunMs: number | null): Cursor {
  const startDay = dayOf(Math.max(startMs, nowMs - BATCH_RETENTION_MS));
  return batchCursor(batchStart(startDay, begunMs));
}

async function nextPage(
  feed: BatchFeed,
  type: string,
  position: BatchPosition,
  context: SourceContext,
): Promise<Page> {
  const asking =
    (types: string): AskBatch =>
    async (at) => {
      const query = { type: types, pageSize: String(PAGE_SIZE), ...at };
      const { body, headers } = await context.client.json({
        method: "GET",
        path: feed.path,
        query,
      });
      return { listing: readListing(body, feed.path), headers };
    };
  const found = await probe(feed.path, asking(feed.types.join(",")), position, context);
  if (found !== null && hasNothingNew(found, position)) return nothingNew(position, found);
  const sentMs = context.now();
  const answer = await askBatch(asking(type), position, context);
  const { listing, asked, startDay, mimecastMs, files, remembering } = answer;
  const beginDay = firstDay(position, sentMs, mimecastMs);
  if (beginDay !== position.startDay) {
    const next = batchCursor({ ...position, startDay: beginDay, begunMs: null });
    return { items: [], next, more: true, coveredUntilMs: null };
  }
  const isAlive = files.length > 0 || asked.nextPage === null || asked.aliveMs === 0;
  const reason = `Files from ${asked.startDay} to ${startDay} are older than 7 days`;
  return {
    items: files.map((file) => batchItem(file, feed.kind, context)),
    next: batchCursor({
      ...remembering,
      nextPage: listing.nextPage ?? asked.nextPage,
      begunMs: null,
      startDay: isSettled(answer) ? laterDay(startDay, dayOf(mimecastMs - LATE_MS)) : startDay,
      aliveMs: isAlive ? mimecastMs : asked.aliveMs,
      isCaughtUp: listing.isCaughtUp === true,
      // A token from before this answer: it leads to everything that this answer does not list yet.
      probe: found === null ? asked.probe : found.next,
      noProbeUntilMs: found?.restUntilMs ?? asked.noProbeUntilMs,
    }),
    more: hasMore(answer),
    coveredUntilMs: listing.isCaughtUp ? mimecastMs - AVAILABLE_AFTER_MS : null,
    ...(startDay > asked.startDay ? { gap: { reason } } : {}),
  };
}

/** The first day by Mimecast's clock; it may be a day early, because the position keeps whole days. */
function firstDay(
  { startDay, begunMs }: BatchPosition,
  sentMs: number,
  mimecastMs: number,
): string {
  const beginning = { fromMs: Date.parse(startDay), begunMs };
  return dayOf(beginBy(beginning, sentMs, mimecastMs, BATCH_RETENTION_MS));
}

/** The page of a type that the call for all types shows to have nothing new. */
function nothingNew(position: BatchPosition, { next, mimecastMs }: Probe): Page {
  return {
    items: [],
    next: batchCursor({ ...position, probe: next }),
    more: false,
    coveredUntilMs: mimecastMs - AVAILABLE_AFTER_MS,
  };
}
