import type { Page, SourceContext } from "../source.ts";
import { wholeSecond } from "./api_time.ts";
import { type WindowPosition, windowCursor } from "./window_position.ts";

/** The program asks for a longer range in windows of a day, oldest first, so that the position moves on. */
const MAX_WINDOW_MS = 86_400_000;
/** With shorter intervals, only one window in this time reaches back to the settled time. */
const DEEP_EVERY_MS = 60_000;

/**
 * A page without records that fixes the window's ends. It is in the checkpoint before the first request, so that after a
 * kill the next run asks for the very same pages. A window has at least a second: this host's present may be Mimecast's
 * past or future, and only an answer tells.
 */
export function openWindow(
  position: WindowPosition,
  context: Pick<SourceContext, "now" | "overlapMs">,
): Page {
  const nowMs = context.now();
  const { fromMs, tipMs, deepMs, spanMs } = position;
  const sinceDeepMs = deepMs === null ? Number.POSITIVE_INFINITY : nowMs - deepMs;
  const isDeep =
    tipMs <= fromMs || sinceDeepMs < 0 || sinceDeepMs >= deepEveryMs(context.overlapMs);
  const beginMs = isDeep ? fromMs : tipMs;
  const furthestMs = beginMs + context.overlapMs + MAX_WINDOW_MS;
  const toMs = Math.max(beginMs + 1_000, Math.min(wholeSecond(nowMs), furthestMs));
  const next: WindowPosition = {
    ...position,
    toMs,
    isDeep,
    askedMs: null,
    newestMs: null,
    pieceFromMs: beginMs,
    pieceToMs: spanMs === null ? toMs : Math.min(toMs, beginMs + spanMs),
  };
  const unasked = { isUnasked: true, items: [], coveredUntilMs: null } as const;
  return { ...unasked, next: windowCursor(next), more: true };
}

/** How far back a window reaches that does not reach back to the settled time. */
export function tipOverlapMs(overlapMs: number): number {
  return wholeSecond(deepEveryMs(overlapMs) / 4);
}

/** The program asks for a record that appears within the overlap at most this long after the overlap's end. */
function deepEveryMs(overlapMs: number): number {
  return Math.min(DEEP_EVERY_MS, overlapMs / 10);
}
