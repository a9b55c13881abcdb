import type { JsonPath } from "../decode/record_scanner.ts";
import type { RecordKind } from "../engine.ts";
import { ApiError } from "../errors.ts";
import { apiTime, parseApiTime, wholeSecond } from "./api_time.ts";
import { cursorFields } from "./cursor_fields.ts";
import { keptRecords, type LogPage, readLogPage, whole } from "./log_page.ts";
import { SeenIds } from "./seen_ids.ts";
import { shortHash } from "./short_hash.ts";
import type { Cursor, Page, Source, SourceContext } from "./source.ts";

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
  /** The field with a record's time. */
  readonly timeKey: string;
  /** The fields that make a record one of a kind; empty: the whole record. */
  readonly idKeys: readonly string[];
}

/** Where a feed stands. */
interface Place {
  readonly fromMs: number;
  /** End of the window being paged, frozen with its first page; null: between windows. */
  readonly toMs: number | null;
  readonly pageToken: string | null;
  /** The window was begun again because its page token was refused. */
  readonly restarted: boolean;
  readonly ids: readonly string[];
}

/** A longer stretch is asked for in windows of a day, oldest first, so that the place moves on. */
const MAX_WINDOW_MS = 86_400_000;
const PAGE_SIZE = 500;
/** Records remembered in the cursor. */
const MAX_IDS = 3_000;
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
      return between(wholeSecond(Math.max(startMs, oldestMs)), []);
    },
    page: (_stream, cursor, context) => {
      const place = readPlace(cursor, feed.name);
      return place.toMs === null
        ? Promise.resolve(openWindow(feed, place, context.now()))
        : nextPage(feed, { ...place, toMs: place.toMs }, context);
    },
  };
}

/**
 * A page without records that fixes the window's end. It is in the checkpoint before anything is asked, so that
 * a run that was killed asks for the very same pages again.
 */
function openWindow(feed: WindowFeed, place: Place, nowMs: number): Page {
  const oldestMs = feed.lookBackMs === null ? 0 : wholeSecond(nowMs - feed.lookBackMs);
  const fromMs = Math.max(place.fromMs, oldestMs);
  const toMs = Math.min(wholeSecond(nowMs), fromMs + MAX_WINDOW_MS);
  if (toMs <= fromMs) {
    return { items: [], next: toCursor(place), more: false, coveredUntilMs: place.fromMs };
  }
  const isLate = place.fromMs < oldestMs;
  const reason = `Records from ${apiTime(place.fromMs)} to ${apiTime(fromMs)} are older than Mimecast gives`;
  return {
    items: [],
    next: toCursor({ ...place, fromMs, toMs, pageToken: null, restarted: false }),
    more: true,
    coveredUntilMs: null,
    ...(isLate ? { gap: { reason } } : {}),
  };
}

type OpenPlace = Place & { readonly toMs: number };

async function nextPage(feed: WindowFeed, place: OpenPlace, context: SourceContext): Promise<Page> {
  const answer = await ask(feed, place, context);
  if (answer === "token_refused") return beginAgain(place);
  const page = readLogPage(answer.body, feed.list, feed.path);
  const seen = new SeenIds(place.ids);
  const keep = keepOf(page.records, feed, seen, place.toMs);
  const { text } = answer;
  const item = {
    key: itemKey(place),
    kind: feed.kind,
    records: () => keptRecords(text, feed.list, keep),
    raw: () => whole(text),
  };
  return {
    items: keep.includes(true) ? [item] : [],
    ...(isLastPage(page, place)
      ? closeWindow(place, seen, context)
      : {
          next: toCursor({ ...place, pageToken: page.next, ids: seen.entries(0, MAX_IDS) }),
          more: true,
          coveredUntilMs: null,
        }),
  };
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
        meta: { pagination: { pageSize: PAGE_SIZE, ...pageToken } },
        data: [feed.request(apiTime(place.fromMs), apiTime(place.toMs))],
      },
    });
  } catch (error) {
    // A page token has a life of its own; one that was kept from an earlier run may be over.
    const isRefused =
      error instanceof ApiError && !error.retryable && error.code !== "not_mimecast";
    if (isRefused && place.pageToken !== null && !place.restarted) return "token_refused";
    throw error;
  }
}

function beginAgain(place: OpenPlace): Page {
  return {
    items: [],
    next: toCursor({ ...place, pageToken: null, restarted: true }),
    more: true,
    coveredUntilMs: null,
  };
}

/** An empty page may still name a next one: it ends the window all the same, and so does a page token that stands still. */
function isLastPage(page: LogPage, place: OpenPlace): boolean {
  return page.records.length === 0 || page.next === null || page.next === place.pageToken;
}

/** The next window begins `overlapMs` before now: records may show up late, and both ends are inclusive. */
function closeWindow(
  place: OpenPlace,
  seen: SeenIds,
  context: Pick<SourceContext, "now" | "overlapMs">,
): Pick<Page, "next" | "more" | "coveredUntilMs"> {
  const settledMs = wholeSecond(context.now()) - context.overlapMs;
  const fromMs = Math.max(place.fromMs, Math.min(place.toMs, settledMs));
  return {
    next: between(fromMs, seen.entries(fromMs, MAX_IDS)),
    more: place.toMs < settledMs,
    coveredUntilMs: fromMs,
  };
}

/** One answer a record: true where it was not seen before. */
function keepOf(
  records: readonly unknown[],
  feed: WindowFeed,
  seen: SeenIds,
  fallbackMs: number,
): boolean[] {
  const count = new Map<string, number>();
  return records.map((record) => {
    const fields = typeof record === "object" && record !== null ? record : {};
    const timeMs = parseApiTime((fields as Record<string, unknown>)[feed.timeKey]);
    return seen.add(identityOf(record, feed.idKeys, count), timeMs, fallbackMs);
  });
}

/**
 * With an id, the id. Without one, the whole record and its number among equal ones of this page: two clicks
 * within a second are two records.
 */
function identityOf(
  record: unknown,
  idKeys: readonly string[],
  count: Map<string, number>,
): string {
  const fields = (typeof record === "object" && record !== null ? record : {}) as Record<
    string,
    unknown
  >;
  const values = idKeys.map((key) => fields[key]);
  if (typeof values[0] === "string" && values[0] !== "") return JSON.stringify(values);
  const text = JSON.stringify(sorted(record));
  const number = (count.get(text) ?? 0) + 1;
  count.set(text, number);
  return `${text}#${number}`;
}

/** The same value with its keys in order: Mimecast's order varies. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function itemKey(place: OpenPlace): string {
  const page = place.pageToken === null ? "first" : shortHash(place.pageToken);
  return `${apiTime(place.fromMs)}--${apiTime(place.toMs)}--${page}`;
}

function between(fromMs: number, ids: readonly string[]): Cursor {
  return toCursor({ fromMs, toMs: null, pageToken: null, restarted: false, ids });
}

function readPlace(cursor: Cursor, source: string): Place {
  const fields = cursorFields(cursor, source);
  return {
    fromMs: fields.number("from"),
    toMs: fields.numberOrNull("to"),
    pageToken: fields.textOrNull("pageToken"),
    restarted: fields.number("restarted") === 1,
    ids: fields.texts("ids"),
  };
}

function toCursor(place: Place): Cursor {
  return {
    from: place.fromMs,
    to: place.toMs,
    pageToken: place.pageToken,
    restarted: place.restarted ? 1 : 0,
    ids: [...place.ids],
  };
}
