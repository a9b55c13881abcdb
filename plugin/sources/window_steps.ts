import { apiTime, wholeSecond } from "./api_time.ts";
import type { Page } from "./source.ts";
import type { WindowMemory } from "./window_memory.ts";
import { tipOverlapMs } from "./window_opening.ts";
import { type OpenPlace, type WindowPlace, windowCursor, windowStart } from "./window_place.ts";

/**
 * Where a windowed feed goes on behind a page. Pure. A window is walked in pieces, so that a walk is short: a page token
 * has a life of its own, and a walk that begins again has to know what it has taken.
 */

/** What a page says besides its items. */
export type After = Pick<Page, "next" | "more" | "coveredUntilMs" | "gap">;

/** What the steps need of the context. */
export interface Moment {
  /** By Mimecast's clock, ms since 1970. */
  readonly nowMs: number;
  readonly overlapMs: number;
  /** Of the feed. */
  readonly endpoints: number;
}

/** A walk of more records is begun again in a shorter piece. */
const WALK_RECORDS = 10_000;
/** The times of records have whole seconds. */
const SHORTEST_MS = 1_000;
/** A page that names itself as the next one is asked for this often before its piece begins again. */
const MAX_STALLS = 3;
/** So often the shortest piece begins again before a gap is accepted. */
const MAX_RESTARTS = 5;
/** Where no answer tells the time, a clock is taken to be ahead by less: a feed without new records moves on all the same. */
const MOST_AHEAD_MS = 86_400_000;

/** The same walk, one page on. */
export function goOn(place: WindowPlace): After {
  return { next: windowCursor(place), more: true, coveredUntilMs: null };
}

/** The next page of the walk, where there is one. */
export function toPage(
  place: OpenPlace,
  memory: WindowMemory,
  pageToken: string,
  moment: Moment,
): After {
  const isLong = memory.walked >= WALK_RECORDS && lengthOf(place) > SHORTEST_MS;
  if (isLong) return inShorterPieces(place, memory, (walkedMs(memory) * 4) / 5);
  const next = { ...place, pageToken, tokenMs: moment.nowMs, stalls: 0 };
  return goOn({ ...next, remembered: memory.toCursor() });
}

/** A page has named itself as the next one. Ending the piece here could step over what the next page holds. */
export function stay(place: OpenPlace, memory: WindowMemory, moment: Moment): After {
  if (place.stalls >= MAX_STALLS) return leadsNowhere(place, memory, moment);
  return goOn({ ...place, stalls: place.stalls + 1, remembered: memory.toCursor() });
}

/**
 * The page token is refused, or does not lead on. The piece begins again; the next time it is asked for in shorter pieces, in
 * the end of a second. Only there, or where Mimecast names next pages that do not exist, a page that was not full is taken
 * for the last one: pages may be filled unevenly. What a full one leaves is a gap: the feed always moves on.
 */
export function leadsNowhere(place: OpenPlace, memory: WindowMemory, moment: Moment): After {
  if (place.restarts === 0) return beginAgain(place, memory);
  const isNotFull = place.lastCount < (place.provenCount ?? place.fullCount);
  if (isNotFull && place.isNextIdle) return endPiece(place, memory, moment);
  if (lengthOf(place) > SHORTEST_MS) return inShorterPieces(place, memory, lengthOf(place));
  if (place.restarts < MAX_RESTARTS) return beginAgain(place, memory);
  if (isNotFull) return endPiece(place, memory, moment);
  const range = `from ${apiTime(place.pieceFromMs)} to ${apiTime(place.pieceToMs)}`;
  const reason = `Mimecast gave the first ${memory.walked} records ${range}, and refused its own page token for the next ones`;
  return { ...endPiece(place, memory, moment), gap: { reason } };
}

/** Mimecast refuses what is older than its look-back: the part that it does not give any more is a gap. */
export function tooOld(place: OpenPlace, memory: WindowMemory, oldestMs: number): After {
  const isOver = place.toMs <= oldestMs;
  const fromMs = Math.max(place.fromMs, oldestMs);
  const remembered = memory.endWalk(fromMs);
  const moved = { ...place, fromMs, tipMs: Math.max(place.tipMs, fromMs), remembered };
  const pieceToMs = Math.min(place.toMs, Math.max(place.pieceToMs, oldestMs + SHORTEST_MS));
  const next = { ...moved, pieceFromMs: oldestMs, pieceToMs };
  return { ...goOn(isOver ? between(moved) : next), gap: olderThanGiven(place, oldestMs) };
}

/** The gap of a piece that begins before what Mimecast gives. */
export function olderThanGiven(place: OpenPlace, oldestMs: number): { readonly reason: string } {
  const range = `from ${apiTime(place.pieceFromMs)} to ${apiTime(oldestMs)}`;
  return { reason: `Records ${range} are older than Mimecast gives` };
}

/** The last page of a piece is taken: the same of the next endpoint, the next piece, or between windows. */
export function endPiece(place: OpenPlace, memory: WindowMemory, moment: Moment): After {
  if (place.endpoint < moment.endpoints - 1) {
    memory.beginAgain();
    const endpoint = place.endpoint + 1;
    return goOn({ ...firstPage(place), endpoint, restarts: 0, remembered: memory.toCursor() });
  }
  const settledMs = place.isDeep === false ? place.fromMs : settledBy(place, moment);
  if (place.pieceToMs >= place.toMs) return endWindow(place, memory, settledMs, moment);
  const doneMs = Math.min(place.pieceToMs, settledMs);
  const isEasy = place.restarts === 0 && memory.walked < WALK_RECORDS / 4;
  const spanMs = Math.max(SHORTEST_MS, (place.spanMs ?? lengthOf(place)) * (isEasy ? 2 : 1));
  const next = {
    ...firstPage(place),
    endpoint: 0,
    pieceFromMs: place.pieceToMs,
    pieceToMs: Math.min(place.toMs, place.pieceToMs + spanMs),
    spanMs,
    restarts: 0,
    remembered: memory.endWalk(doneMs),
  };
  return { next: windowCursor(next), more: true, coveredUntilMs: doneMs };
}

/** The next window begins at what is settled: before it, nothing shows up any more. */
function endWindow(
  place: OpenPlace,
  memory: WindowMemory,
  settledMs: number,
  { nowMs, overlapMs }: Moment,
): After {
  const tipMs = Math.min(place.toMs, wholeSecond(surelyAsked(place)) - tipOverlapMs(overlapMs));
  const next = {
    ...between(place),
    fromMs: settledMs,
    tipMs: Math.max(settledMs, tipMs, place.isDeep === false ? place.tipMs : 0),
    deepMs: place.isDeep === false ? place.deepMs : nowMs,
    remembered: memory.endWalk(settledMs),
  };
  return {
    next: windowCursor(next),
    more: place.toMs < wholeSecond(place.askedMs ?? place.toMs) - overlapMs,
    coveredUntilMs: settledMs,
  };
}

/**
 * Records that happened before this had shown up when the window's first page was asked for, by Mimecast's clock. However
 * long the paging took, and whatever this host's clock says, later ones are asked for again.
 */
function settledBy(place: OpenPlace, { overlapMs }: Moment): number {
  const askedMs = wholeSecond(surelyAsked(place));
  return Math.max(place.fromMs, Math.min(place.toMs, askedMs - overlapMs));
}

/** The same or later by Mimecast's clock: where its answer told no time, this host's is not believed beyond its records. */
function surelyAsked({ askedMs, newestMs, fromMs }: OpenPlace): number {
  if (askedMs === null) return fromMs;
  if (newestMs === null) return askedMs;
  return Math.min(askedMs, Math.max(newestMs, askedMs - MOST_AHEAD_MS));
}

function between(place: WindowPlace): WindowPlace {
  const { fromMs, tipMs, deepMs, spanMs, fullCount, provenCount, isNextIdle, remembered } = place;
  const kept = { tipMs, deepMs, spanMs, fullCount, provenCount, isNextIdle, remembered };
  return { ...windowStart(fromMs), ...kept };
}

function firstPage<T extends WindowPlace>(place: T): T {
  return { ...place, pageToken: null, tokenMs: null, stalls: 0 };
}

function beginAgain(place: OpenPlace, memory: WindowMemory): After {
  memory.beginAgain();
  const restarts = place.restarts + 1;
  return goOn({ ...firstPage(place), restarts, remembered: memory.toCursor() });
}

/** Half as long at most. */
function inShorterPieces(place: OpenPlace, memory: WindowMemory, wantedMs: number): After {
  memory.beginAgain();
  const shorterMs = Math.min(wantedMs, lengthOf(place) / 2);
  const spanMs = Math.max(SHORTEST_MS, wholeSecond(shorterMs));
  const pieceToMs = place.pieceFromMs + spanMs;
  return goOn({ ...firstPage(place), pieceToMs, spanMs, remembered: memory.toCursor() });
}

function lengthOf(place: OpenPlace): number {
  return place.pieceToMs - place.pieceFromMs;
}

function walkedMs(memory: WindowMemory): number {
  const seconds = memory.walkedSeconds;
  return seconds === null ? 0 : (seconds.last - seconds.first) * 1_000;
}
