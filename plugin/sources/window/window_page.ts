import { answerDate } from "../../client/mimecast_clock.ts";
import { ApiError } from "../../errors.ts";
import { recordIdentity } from "../record_identity.ts";
import { shortHash } from "../short_hash.ts";
import type { Item, Page, SourceContext } from "../source.ts";
import { apiTime, parseApiTime, wholeSecond } from "./api_time.ts";
import { keptRecords, readLogPage, whole } from "./log_page.ts";
import { firstPossible, type WindowFeed } from "./window_feed.ts";
import { type PageRecord, WindowMemory } from "./window_memory.ts";
import { type OpenPosition, windowStart } from "./window_position.ts";
import {
  type After,
  endPiece,
  goOn,
  leadsNowhere,
  type Moment,
  olderThanGiven,
  stay,
  tooOld,
  toPage,
} from "./window_steps.ts";

/** Codes of errors that no other page token or window would cure. */
const OTHER_REASONS = ["not_mimecast", "answer_too_large"];
/** A page token of this age may be the cause of a vague refusal or an empty page. */
const OLD_TOKEN_MS = 1_800_000;
/** A moment just within the look-back may be outside when the next request goes out. */
const LOOK_BACK_SLACK_MS = 60_000;
/** The length of an outage in which records may have become too old. */
const AWAY_MS = 3_600_000;
/** From a request's arrival at Mimecast to the head of its answer: twice the default timeout. */
const LONGEST_ANSWER_MS = 120_000;
/** A clock that is ahead by less is right. */
const AHEAD_MS = 2_000;

/** Asks for the page at a position inside a window. */
export async function nextPage(
  feed: WindowFeed,
  position: OpenPosition,
  context: SourceContext,
): Promise<Page> {
  const memory = new WindowMemory(position.remembered);
  const sentMs = context.now();
  const moment = (): Moment => ({
    nowMs: context.now(),
    overlapMs: context.overlapMs,
    endpoints: feed.paths.length,
  });
  let answer: Awaited<ReturnType<typeof ask>>;
  try {
    answer = await ask(feed, position, context);
  } catch (error) {
    return { items: [], ...afterRefusal(feed, position, memory, moment(), error) };
  }
  const dateMs = answerDate(answer.headers);
  const aheadMs =
    position.begunMs === null || dateMs === null ? 0 : Math.max(position.begunMs, sentMs) - dateMs;
  if (aheadMs > AHEAD_MS && dateMs !== null) {
    return { items: [], ...beginEarlier(feed, position, aheadMs, dateMs) };
  }
  const page = readLogPage(answer.body, feed.list, pathOf(feed, position));
  const namesItself = page.next !== null && page.next === position.pageToken;
  const keep = memory.take(pageRecords(feed, position, page.records), namesItself);
  const isFirst = position.askedMs === null;
  const isUndated = isFirst ? dateMs === null : position.newestMs !== null;
  const asked = {
    ...position,
    ...counts(position, keep),
    askedMs: isFirst ? whenAsked(sentMs, dateMs) : position.askedMs,
    newestMs: isUndated ? newest(feed, position, page.records) : null,
    begunMs: null,
    isNextIdle:
      position.isNextIdle ||
      (position.pageToken === null && page.records.length === 0 && page.next !== null),
  };
  const oldestMs = oldest(feed, asked.askedMs ?? sentMs);
  const isOld = isFirst && wasAway(position, sentMs) && position.pieceFromMs < oldestMs;
  const isEmpty = page.records.length === 0;
  const isLast = isEmpty || page.next === null;
  // An empty page of an expired token is no end.
  const isDead = isEmpty && position.restarts === 0 && isOldToken(position, sentMs);
  // An empty page ends the piece, even if it names a next one.
  const after = (): After => {
    if (isDead) return leadsNowhere(asked, memory, moment());
    if (isLast) return endPiece(asked, memory, moment());
    if (namesItself) return stay(asked, memory, moment());
    return toPage(asked, memory, page.next as string, moment());
  };
  return {
    items: keep.includes(true) ? [itemOf(feed, position, answer.text, keep)] : [],
    ...after(),
    ...(isOld ? { gap: olderThanGiven(position, oldestMs) } : {}),
  };
}

function ask(
  feed: WindowFeed,
  position: OpenPosition,
  { client }: SourceContext,
): ReturnType<SourceContext["client"]["json"]> {
  const pageToken = position.pageToken === null ? {} : { pageToken: position.pageToken };
  return client.json({
    method: "POST",
    path: pathOf(feed, position),
    body: {
      meta: { pagination: { pageSize: feed.pageSize, ...pageToken } },
      data: [feed.request(apiTime(position.pieceFromMs), apiTime(position.pieceToMs))],
    },
  });
}

/** Goes on after a failure of the page token or the look-back; throws any other failure again. */
function afterRefusal(
  feed: WindowFeed,
  position: OpenPosition,
  memory: WindowMemory,
  moment: Moment,
  error: unknown,
): After {
  if (!(error instanceof ApiError) || OTHER_REASONS.includes(error.code)) throw error;
  if (position.pageToken !== null) {
    if (error.retryable && !isOldToken(position, moment.nowMs)) throw error;
    return leadsNowhere(position, memory, moment);
  }
  // Not every tenant may have all endpoints of a feed.
  if (error.status === 404 && position.endpoint > 0) return endPiece(position, memory, moment);
  const oldestMs = oldest(feed, moment.nowMs) + LOOK_BACK_SLACK_MS;
  if (error.retryable || feed.lookBackMs === null || position.pieceFromMs >= oldestMs) throw error;
  return tooOld(position, memory, oldestMs);
}

/** By Mimecast's clock, whatever this host's says: Mimecast dates an answer soon after the request arrives. */
function whenAsked(sentMs: number, dateMs: number | null): number {
  if (dateMs === null) return sentMs;
  return Math.max(Math.min(sentMs, dateMs), dateMs - LONGEST_ANSWER_MS);
}

/** Time of the newest record of the window up to this page. */
function newest(feed: WindowFeed, position: OpenPosition, records: readonly unknown[]): number {
  const times = records.map((record) => timeOf(feed, record) ?? 0);
  return times.reduce((a, b) => Math.max(a, b), position.newestMs ?? 0);
}

function timeOf(feed: WindowFeed, record: unknown): number | null {
  return parseApiTime((record as Record<string, unknown> | null)?.[feed.timeKey]);
}

/** Begins the feed earlier by the time by which this host's clock is ahead. */
function beginEarlier(
  feed: WindowFeed,
  position: OpenPosition,
  aheadMs: number,
  dateMs: number,
): After {
  const earliestMs = firstPossible(feed, dateMs);
  const fromMs = Math.min(position.fromMs, Math.max(earliestMs, position.fromMs - aheadMs));
  return goOn(windowStart(wholeSecond(fromMs)));
}

function isOldToken({ pageToken, tokenMs }: OpenPosition, nowMs: number): boolean {
  return pageToken !== null && Math.abs(nowMs - (tokenMs ?? 0)) > OLD_TOKEN_MS;
}

/** True if no request went out for a while; the windows of a back-fill follow one another. */
function wasAway({ deepMs, isDeep }: OpenPosition, nowMs: number): boolean {
  return isDeep === true && deepMs !== null && Math.abs(nowMs - deepMs) > AWAY_MS;
}

function pathOf(feed: WindowFeed, position: OpenPosition): string {
  return feed.paths[position.endpoint] ?? feed.paths[0];
}

function oldest(feed: WindowFeed, nowMs: number): number {
  return feed.lookBackMs === null ? 0 : wholeSecond(nowMs - feed.lookBackMs);
}

/** A record belongs to the piece for which Mimecast gave it, whatever its own time. */
function pageRecords(
  feed: WindowFeed,
  position: OpenPosition,
  records: readonly unknown[],
): PageRecord[] {
  return records.map((record) => {
    const timeMs = timeOf(feed, record) ?? position.toMs;
    const insideMs = Math.min(Math.max(timeMs, position.pieceFromMs), position.toMs);
    const identity = recordIdentity(record, feed.idKeys, feed.versionKeys);
    return { ...identity, second: Math.floor(insideMs / 1_000) };
  });
}

/** The evidence of a page about the size of a full one: a page with another one after it was full. */
function counts(
  position: OpenPosition,
  keep: readonly boolean[],
): Pick<OpenPosition, "lastCount" | "fullCount" | "provenCount" | "restarts"> {
  const isBehindAnother = position.pageToken !== null && keep.includes(true);
  const provenCount = isBehindAnother
    ? Math.min(position.lastCount, position.provenCount ?? position.lastCount)
    : position.provenCount;
  return {
    lastCount: keep.length,
    fullCount: Math.max(position.fullCount, keep.length),
    provenCount,
    // A walk that came further than the one before may begin again as a whole.
    restarts: isBehindAnother ? 0 : position.restarts,
  };
}

function itemOf(
  feed: WindowFeed,
  position: OpenPosition,
  text: string,
  keep: readonly boolean[],
): Item {
  const page = position.pageToken === null ? "first" : shortHash(position.pageToken);
  const endpoint = position.endpoint === 0 ? "" : `--${position.endpoint + 1}`;
  return {
    key: `${apiTime(position.pieceFromMs)}--${apiTime(position.pieceToMs)}--${page}${endpoint}`,
    kind: feed.name,
    records: () => keptRecords(text, feed.list, keep),
    raw: () => whole(text),
  };
}
