import type { JsonPath } from "../decode/record_scanner.ts";
import { records } from "../decode/records.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import type { RecordKind } from "../engine.ts";
import { ApiError } from "../errors.ts";
import { apiTime, parseApiTime, wholeSecond } from "./api_time.ts";
import { keptRecords, readLogPage, whole } from "./log_page.ts";
import { recordIdentities } from "./record_identity.ts";
import { SeenIds } from "./seen_ids.ts";
import { shortHash } from "./short_hash.ts";
import type { Cursor, Page, Source, SourceContext } from "./source.ts";
import { betweenWindows, type OpenPlace, readWindowPlace, windowCursor } from "./window_place.ts";

/** What distinguishes one `/api/*` log feed from another. */
export interface WindowFeed {
  readonly name: string;
  readonly path: string;
  readonly permission: string;
  /** API 2.0. */
  readonly product: string;
  readonly kind: RecordKind;
  /** How far back Mimecast lets us ask; null where not stated. */
  readonly lookBackMs: number | null;
  /** The item of `data` for a window, its ends written by `apiTime`. */
  readonly request: (from: string, to: string) => Readonly<Record<string, unknown>>;
  /** Where the records are: `["data"]` or `["data", "*", "<name>"]`. */
  readonly list: JsonPath;
  /** `pageSize` of a request. */
  readonly pageSize: number;
  /** The field with a record's time. */
  readonly timeKey: string;
  /** The fields that make a record one of a kind; empty: the whole record. */
  readonly idKeys: readonly string[];
}

/** A longer stretch is asked for in windows of a day, oldest first, so that the place moves on. */
const MAX_WINDOW_MS = 86_400_000;
/** Records remembered in the cursor. */
const MAX_IDS = 3_000;
/** A page that names itself as the next one is asked for this often before the window begins again. */
const MAX_STALLS = 3;
/** Errors that no other page token would cure. */
const OTHER_REASONS = ["not_mimecast", "answer_too_large"];
/** A start at the very limit must still be within it when the first request goes out. */
const START_SLACK_MS = 3_600_000;

/** A source over a `/api/*` log endpoint: the same requests and bodies in both API generations. */
export function windowSource(api: "1.0" | "2.0", feed: WindowFeed): Source {
  return {
    name: feed.name,
    api,
    endpoint: `POST ${feed.path}`,
    permission: feed.permission,
    ...(api === "2.0" ? { product: feed.product } : {}),
    retentionMs: feed.lookBackMs,
    streams: [feed.name],
    start: (_stream, startMs, nowMs) => {
      const oldestMs = feed.lookBackMs === null ? 0 : nowMs - feed.lookBackMs + START_SLACK_MS;
      return windowCursor(betweenWindows(wholeSecond(Math.max(startMs, oldestMs)), []));
    },
    // A page token belongs to the host that gave it; what its pages held is known by its ids.
    adopt: (_stream, cursor) => {
      const place = readWindowPlace(cursor, feed.name);
      return windowCursor({ ...place, pageToken: null, stalls: 0, restarted: false });
    },
    page: async (_stream, cursor, context) => {
      const place = readWindowPlace(cursor, feed.name);
      const { toMs } = place;
      if (toMs !== null) return nextPage(feed, { ...place, toMs }, context);
      return openWindow(feed, place.fromMs, place.ids, context);
    },
    replay: {
      range: (_stream, fromMs, toMs) => closedWindows(wholeSecond(fromMs), wholeSecond(toMs)),
      ended: (next) => readWindowPlace(next, feed.name).toMs === null,
      timeKey: null,
      again(cursor) {
        // A page token has a life of its own: the whole window is asked for again.
        const { fromMs, toMs } = readWindowPlace(cursor, feed.name);
        return windowCursor({ ...betweenWindows(fromMs, []), toMs });
      },
      missed: (items) => items,
      stored: async (path) => [
        {
          key: "file",
          kind: feed.kind,
          records: () => records(spooledFile(path), feed.list),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

/** A stretch in windows of a day whose ends are fixed; both ends of each are inclusive. */
function closedWindows(fromMs: number, toMs: number): Cursor[] {
  const windows: Cursor[] = [];
  for (let startMs = fromMs; startMs <= toMs; startMs += MAX_WINDOW_MS) {
    // The last second of a window is not asked for twice.
    const endMs = Math.min(startMs + MAX_WINDOW_MS - 1_000, toMs);
    windows.push(windowCursor({ ...betweenWindows(startMs, []), toMs: Math.max(endMs, startMs) }));
  }
  return windows;
}

/**
 * A page without records that fixes the window's end. It is in the checkpoint before anything is asked, so that
 * a run that was killed asks for the very same pages again.
 */
function openWindow(
  feed: WindowFeed,
  wantedMs: number,
  ids: readonly string[],
  context: Pick<SourceContext, "now" | "overlapMs">,
): Page {
  const nowMs = context.now();
  const oldestMs = feed.lookBackMs === null ? 0 : wholeSecond(nowMs - feed.lookBackMs);
  const fromMs = Math.max(wantedMs, oldestMs);
  const toMs = Math.min(wholeSecond(nowMs), fromMs + context.overlapMs + MAX_WINDOW_MS);
  const place = betweenWindows(fromMs, ids);
  const isEmpty = toMs <= fromMs;
  const reason = `Records from ${apiTime(wantedMs)} to ${apiTime(fromMs)} are older than Mimecast gives`;
  return {
    items: [],
    next: windowCursor(isEmpty ? place : { ...place, toMs }),
    more: !isEmpty,
    coveredUntilMs: isEmpty ? fromMs : null,
    ...(wantedMs < oldestMs ? { gap: { reason } } : {}),
  };
}

async function nextPage(feed: WindowFeed, place: OpenPlace, context: SourceContext): Promise<Page> {
  const answer = await ask(feed, place, context);
  if (answer === "token_refused") return { items: [], ...beginAgain(place, place.ids) };
  const page = readLogPage(answer.body, feed.list, feed.path);
  const seen = new SeenIds(place.ids);
  const keep = markSeen(page.records, feed, seen, place.toMs);
  const { text } = answer;
  const item = {
    key: itemKey(place),
    kind: feed.kind,
    records: () => keptRecords(text, feed.list, keep),
    raw: () => whole(text),
  };
  const items = keep.includes(true) ? [item] : [];
  // An empty page may still name a next one: it ends the window all the same.
  if (page.records.length === 0 || page.next === null) {
    return { items, ...closeWindow(place, seen, context) };
  }
  const ids = seen.entries(0, MAX_IDS);
  if (page.next === place.pageToken) return { items, ...stayOrBeginAgain(feed, place, ids) };
  return { items, ...goOn({ ...place, pageToken: page.next, stalls: 0, ids }) };
}

async function ask(
  feed: WindowFeed,
  place: OpenPlace,
  context: SourceContext,
): Promise<{ body: unknown; text: string } | "token_refused"> {
  const pageToken = place.pageToken === null ? {} : { pageToken: place.pageToken };
  try {
    return await context.client.json({
      method: "POST",
      path: feed.path,
      body: {
        meta: { pagination: { pageSize: feed.pageSize, ...pageToken } },
        data: [feed.request(apiTime(place.fromMs), apiTime(place.toMs))],
      },
    });
  } catch (error) {
    // A page token has a life of its own; one that was kept from an earlier run may be over.
    const isRefused =
      error instanceof ApiError && !error.retryable && !OTHER_REASONS.includes(error.code);
    if (isRefused && place.pageToken !== null && !place.restarted) return "token_refused";
    throw error;
  }
}

/** One answer a record: true where it was not seen before. */
function markSeen(
  records: readonly unknown[],
  feed: WindowFeed,
  seen: SeenIds,
  fallbackMs: number,
): boolean[] {
  const identities = recordIdentities(records, feed.idKeys);
  return records.map((record, index) => {
    const time = (record as Record<string, unknown> | null)?.[feed.timeKey];
    return seen.add(identities[index] as string, parseApiTime(time) ?? fallbackMs);
  });
}

/** What a page says besides its items. */
type After = Pick<Page, "next" | "more" | "coveredUntilMs">;

function goOn(place: OpenPlace): After {
  return { next: windowCursor(place), more: true, coveredUntilMs: null };
}

function beginAgain(place: OpenPlace, ids: readonly string[]): After {
  return goOn({ ...place, pageToken: null, stalls: 0, restarted: true, ids });
}

/** Ending the window here could step over what the next page holds. */
function stayOrBeginAgain(feed: WindowFeed, place: OpenPlace, ids: readonly string[]): After {
  if (place.stalls < MAX_STALLS) return goOn({ ...place, stalls: place.stalls + 1, ids });
  if (!place.restarted) return beginAgain(place, ids);
  throw new ApiError(`Cannot page through POST ${feed.path}: a page names itself as the next one`, {
    code: "page_repeats",
    status: 200,
    retryable: true,
  });
}

/** The next window begins `overlapMs` before now: records may show up late, and both ends are inclusive. */
function closeWindow(
  place: OpenPlace,
  seen: SeenIds,
  context: Pick<SourceContext, "now" | "overlapMs">,
): After {
  const settledMs = wholeSecond(context.now()) - context.overlapMs;
  const fromMs = Math.max(place.fromMs, Math.min(place.toMs, settledMs));
  return {
    next: windowCursor(betweenWindows(fromMs, seen.entries(fromMs, MAX_IDS))),
    more: place.toMs < settledMs,
    coveredUntilMs: fromMs,
  };
}

function itemKey(place: OpenPlace): string {
  const page = place.pageToken === null ? "first" : shortHash(place.pageToken);
  return `${apiTime(place.fromMs)}--${apiTime(place.toMs)}--${page}`;
}
