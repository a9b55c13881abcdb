import { records } from "../../decode/records.ts";
import { spooledFile } from "../../decode/spooled_file.ts";
import type { Cursor, Source } from "../source.ts";
import { wholeSecond } from "./api_time.ts";
import { firstPossible, type WindowFeed } from "./window_feed.ts";
import { WindowMemory } from "./window_memory.ts";
import { openWindow } from "./window_opening.ts";
import { nextPage } from "./window_page.ts";
import { closedWindow, readWindowPosition, windowCursor, windowStart } from "./window_position.ts";

/** A replay asks for a longer range in windows of a day. */
const REPLAY_WINDOW_MS = 86_400_000;

/** A source over a `/api/*` log endpoint: the same requests and bodies in both API generations. */
export function windowSource(api: "1.0" | "2.0", feed: WindowFeed): Source {
  return {
    name: feed.name,
    api,
    endpoint: `POST ${feed.paths[0]}`,
    callKind: "other",
    permission: feed.permission,
    ...(api === "2.0" ? { product: feed.product } : {}),
    retentionMs: feed.lookBackMs,
    streams: [feed.name],
    start: (_stream, startMs, nowMs) => {
      const fromMs = Math.max(startMs, firstPossible(feed, nowMs));
      return windowCursor(windowStart(wholeSecond(fromMs), nowMs));
    },
    // A page token belongs to the host that gave it; the memory has the records of its pages.
    adopt: (_stream, cursor) => {
      const position = readWindowPosition(cursor, feed.name);
      const memory = new WindowMemory(position.remembered);
      memory.beginAgain();
      const remembered = memory.toCursor();
      return windowCursor({ ...position, pageToken: null, stalls: 0, restarts: 0, remembered });
    },
    page: async (_stream, cursor, context) => {
      const position = readWindowPosition(cursor, feed.name);
      const { toMs } = position;
      if (toMs === null) return openWindow(position, context);
      return nextPage(feed, { ...position, toMs }, context);
    },
    replay: {
      range: (_stream, fromMs, toMs) => closedWindows(wholeSecond(fromMs), wholeSecond(toMs)),
      ended: (next) => readWindowPosition(next, feed.name).toMs === null,
      timeKey: null,
      again(cursor) {
        // A page token may have expired: the replay asks for the piece again from its first page.
        const { pieceFromMs, pieceToMs } = readWindowPosition(cursor, feed.name);
        return windowCursor(closedWindow(pieceFromMs, pieceToMs));
      },
      missed: (items) => items,
      stored: async (path) => [
        {
          key: "file",
          kind: feed.name,
          records: () => records(spooledFile(path), feed.list),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

/** A range as windows of a day with fixed ends; both ends of each are inclusive. */
function closedWindows(fromMs: number, toMs: number): Cursor[] {
  const windows: Cursor[] = [];
  for (let startMs = fromMs; startMs <= toMs; startMs += REPLAY_WINDOW_MS) {
    // No window asks for the last second of the one before.
    const endMs = Math.min(startMs + REPLAY_WINDOW_MS - 1_000, toMs);
    windows.push(windowCursor(closedWindow(startMs, Math.max(endMs, startMs))));
  }
  return windows;
}
