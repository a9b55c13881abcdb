import type { JsonPath } from "../decode/record_scanner.ts";
import { records } from "../decode/records.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import type { RecordKind } from "../engine.ts";
import { wholeSecond } from "./api_time.ts";
import type { Cursor, Source } from "./source.ts";
import { WindowMemory } from "./window_memory.ts";
import { openWindow } from "./window_opening.ts";
import { nextPage } from "./window_page.ts";
import { closedWindow, readWindowPlace, windowCursor, windowStart } from "./window_place.ts";

/** What distinguishes one `/api/*` log feed from another. */
export interface WindowFeed {
  readonly name: string;
  readonly permission: string;
  /** API 2.0. */
  readonly product: string;
  readonly kind: RecordKind;
  /** How far back Mimecast lets us ask; null where not stated. */
  readonly lookBackMs: number | null;
  /** Paths of its endpoints, from "/": each is asked for each piece of a window, and what several have is taken once. */
  readonly paths: readonly [string, ...string[]];
  /** The item of `data` for a window, its ends written by `apiTime`. */
  readonly request: (from: string, to: string) => Readonly<Record<string, unknown>>;
  /** Where the records are: `["data"]` or `["data", "*", "<name>"]`. */
  readonly list: JsonPath;
  /** `pageSize` of a request. */
  readonly pageSize: number;
  /** The field with a record's time. */
  readonly timeKey: string;
  /** The fields that name a record; empty: the records have no id. */
  readonly idKeys: readonly string[];
  /** Further fields in which two records of one name may differ. */
  readonly versionKeys: readonly string[];
}

/** A replay asks for a longer stretch in windows of a day. */
const REPLAY_WINDOW_MS = 86_400_000;
/** A start at the very limit must still be within it when the first request goes out. */
const START_SLACK_MS = 3_600_000;

/** A source over a `/api/*` log endpoint: the same requests and bodies in both API generations. */
export function windowSource(api: "1.0" | "2.0", feed: WindowFeed): Source {
  return {
    name: feed.name,
    api,
    endpoint: `POST ${feed.paths[0]}`,
    permission: feed.permission,
    ...(api === "2.0" ? { product: feed.product } : {}),
    retentionMs: feed.lookBackMs,
    streams: [feed.name],
    start: (_stream, startMs, nowMs) => {
      const oldestMs = feed.lookBackMs === null ? 0 : nowMs - feed.lookBackMs + START_SLACK_MS;
      return windowCursor(windowStart(wholeSecond(Math.max(startMs, oldestMs)), nowMs));
    },
    // A page token belongs to the host that gave it; what its pages held is known.
    adopt: (_stream, cursor) => {
      const place = readWindowPlace(cursor, feed.name);
      const memory = new WindowMemory(place.remembered);
      memory.beginAgain();
      const remembered = memory.toCursor();
      return windowCursor({ ...place, pageToken: null, stalls: 0, restarts: 0, remembered });
    },
    page: async (_stream, cursor, context) => {
      const place = readWindowPlace(cursor, feed.name);
      const { toMs } = place;
      if (toMs === null) return openWindow(place, context);
      return nextPage(feed, { ...place, toMs }, context);
    },
    replay: {
      range: (_stream, fromMs, toMs) => closedWindows(wholeSecond(fromMs), wholeSecond(toMs)),
      ended: (next) => readWindowPlace(next, feed.name).toMs === null,
      timeKey: null,
      again(cursor) {
        // A page token has a life of its own: the piece is asked for again from its first page.
        const { pieceFromMs, pieceToMs } = readWindowPlace(cursor, feed.name);
        return windowCursor(closedWindow(pieceFromMs, pieceToMs));
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
  for (let startMs = fromMs; startMs <= toMs; startMs += REPLAY_WINDOW_MS) {
    // The last second of a window is not asked for twice.
    const endMs = Math.min(startMs + REPLAY_WINDOW_MS - 1_000, toMs);
    windows.push(windowCursor(closedWindow(startMs, Math.max(endMs, startMs))));
  }
  return windows;
}
