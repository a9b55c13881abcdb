import type { Page } from "../source.ts";
import { apiTime, wholeSecond } from "./api_time.ts";
import type { WindowMemory } from "./window_memory.ts";
import { tipOverlapMs } from "./window_opening.ts";
import {
  type OpenPosition,
  type WindowPosition,
  windowCursor,
  windowStart,
} from "./window_position.ts";

/**
 * The next step of a windowed feed after a page. Pure. The program walks a window in pieces, so that a walk is short: a
 * page token expires, and a walk that begins again has to know the records that it has taken.
 */

/** A page without its items. */
export type After = Pick<Page, "next" | "more" | "coveredUntilMs" | "gap">;

/** The part of the context that the steps need. */
export interface Moment {
  /** By Mimecast's clock, ms since 1970. */
  readonly nowMs: number;
  readonly overlapMs: number;
  /** Of the feed. */
  readonly endpoints: number;
}

/** A walk of more records begins again in a shorter piece. */
const WALK_RECORDS = 10_000;
/** The times of records have whole seconds. */
const SHORTEST_MS = 1_000;
/** The program asks this often for a page that names itself as the next one; then the piece begins again. */
const MAX_STALLS = 3;
/** The shortest piece begins again this often before the program accepts a gap. */
const MAX_RESTARTS = 5;
/** If no answer tells the time, no clock counts as further ahead than this: so a feed without new records still moves on. */
const MOST_AHEAD_MS = 86_400_000;

/** The same walk, one page on. */
export function goOn(position: WindowPosition): After {
  return { next: windowCursor(position), more: true, coveredUntilMs: null };
}

/** The next page of the walk. */
export function toPage(
  position: OpenPosition,
  memory: WindowMemory,
  pageToken: string,
  moment: Moment,
): After {
  const isLong = memory.walked >= WALK_RECORDS && lengthOf(position) > SHORTEST_MS;
  if (isLong) return inShorterPieces(position, memory, (walkedMs(memory) * 4) / 5);
  const next = { ...position, pageToken, tokenMs: moment.nowMs, stalls: 0 };
  return goOn({ ...next, remembered: memory.toCursor() });
}

/** A page has named itself as the next one. Ending the piece here could step over what the next page holds. */
export function stay(position: OpenPosition, memory: WindowMemory, moment: Moment): After {
  if (position.stalls >= MAX_STALLS) return leadsNowhere(position, memory, moment);
  return goOn({ ...position, stalls: position.stalls + 1, remembered: memory.toCursor() });
}

/**
 * The page token is refused, or does not lead on. The piece begins again; the next time the program asks in shorter pieces,
 * at last of one second. Pages may be filled unevenly: a page that was not full counts as the last one only in such a
 * second, or if Mimecast names next pages that do not exist. After a full page the rest is a gap: the feed always moves on.
 */
export function leadsNowhere(position: OpenPosition, memory: WindowMemory, moment: Moment): After {
  if (position.restarts === 0) return beginAgain(position, memory);
  const isNotFull = position.lastCount < (position.provenCount ?? position.fullCount);
  if (isNotFull && position.isNextIdle) return endPiece(position, memory, moment);
  if (lengthOf(position) > SHORTEST_MS)
    return inShorterPieces(position, memory, lengthOf(position));
  if (position.restarts < MAX_RESTARTS) return beginAgain(position, memory);
  if (isNotFull) return endPiece(position, memory, moment);
  const range = `from ${apiTime(position.pieceFromMs)} to ${apiTime(position.pieceToMs)}`;
  const reason = `Mimecast gave the first ${memory.walked} records ${range}, and refused its own page token for the next ones`;
  return { ...endPiece(position, memory, moment), gap: { reason } };
}

/** Mimecast refuses a time before its look-back: the part of the window before it is a gap. */
export function tooOld(position: OpenPosition, memory: WindowMemory, oldestMs: number): After {
  const isOver = position.toMs <= oldestMs;
  const fromMs = Math.max(position.fromMs, oldestMs);
  const remembered = memory.endWalk(fromMs);
  const moved = { ...position, fromMs, tipMs: Math.max(position.tipMs, fromMs), remembered };
  const pieceToMs = Math.min(position.toMs, Math.max(position.pieceToMs, oldestMs + SHORTEST_MS));
  const next = { ...moved, pieceFromMs: oldestMs, pieceToMs };
  return { ...goOn(isOver ? between(moved) : next), gap: olderThanGiven(position, oldestMs) };
}

/** The gap of a piece that begins before Mimecast's oldest records. */
export function olderThanGiven(
  position: OpenPosition,
  oldestMs: number,
): { readonly reason: string } {
  const range = `from ${apiTime(position.pieceFromMs)} to ${apiTime(oldestMs)}`;
  return { reason: `Records ${range} are older than Mimecast gives` };
}

/** Goes on after the last page of a piece: to its next endpoint, to the next piece, or to the end of the window. */
export function endPiece(position: OpenPosition, memory: WindowMemory, moment: Moment): After {
  if (position.endpoint < moment.endpoints - 1) {
    memory.beginAgain();
    const endpoint = position.endpoint + 1;
    return goOn({ ...firstPage(position), endpoint, restarts: 0, remembered: memory.toCursor() });
  }
  const settledMs = position.isDeep === false ? position.fromMs : settledBy(position, moment);
  if (position.pieceToMs >= position.toMs) return endWindow(position, memory, settledMs, moment);
  const doneMs = Math.min(position.pieceToMs, settledMs);
  const isEasy = position.restarts === 0 && memory.walked < WALK_RECORDS / 4;
  const spanMs = Math.max(SHORTEST_MS, (position.spanMs ?? lengthOf(position)) * (isEasy ? 2 : 1));
  const next = {
    ...firstPage(position),
    endpoint: 0,
    pieceFromMs: position.pieceToMs,
    pieceToMs: Math.min(position.toMs, position.pieceToMs + spanMs),
    spanMs,
    restarts: 0,
    remembered: memory.endWalk(doneMs),
  };
  return { next: windowCursor(next), more: true, coveredUntilMs: doneMs };
}

/** The next window begins at the settled time, before which no record appears any more. */
function endWindow(
  position: OpenPosition,
  memory: WindowMemory,
  settledMs: number,
  { nowMs, overlapMs }: Moment,
): After {
  const tipMs = Math.min(
    position.toMs,
    wholeSecond(surelyAsked(position)) - tipOverlapMs(overlapMs),
  );
  const next = {
    ...between(position),
    fromMs: settledMs,
    tipMs: Math.max(settledMs, tipMs, position.isDeep === false ? position.tipMs : 0),
    deepMs: position.isDeep === false ? position.deepMs : nowMs,
    remembered: memory.endWalk(settledMs),
  };
  return {
    next: windowCursor(next),
    more: position.toMs < wholeSecond(position.askedMs ?? position.toMs) - overlapMs,
    coveredUntilMs: settledMs,
  };
}

/**
 * The settled time: earlier records had appeared, by Mimecast's clock, when the program asked for the window's first page.
 * It asks for later records again, however long the paging took and whatever this host's clock says.
 */
function settledBy(position: OpenPosition, { overlapMs }: Moment): number {
  const askedMs = wholeSecond(surelyAsked(position));
  return Math.max(position.fromMs, Math.min(position.toMs, askedMs - overlapMs));
}

/** A moment not after the request, by Mimecast's clock. If no answer told the time, the newest record bounds this host's clock. */
function surelyAsked({ askedMs, newestMs, fromMs }: OpenPosition): number {
  if (askedMs === null) return fromMs;
  if (newestMs === null) return askedMs;
  return Math.min(askedMs, Math.max(newestMs, askedMs - MOST_AHEAD_MS));
}

function between(position: WindowPosition): WindowPosition {
  const { fromMs, tipMs, deepMs, spanMs, fullCount, provenCount, isNextIdle, remembered } =
    position;
  const kept = { tipMs, deepMs, spanMs, fullCount, provenCount, isNextIdle, remembered };
  return { ...windowStart(fromMs), ...kept };
}

function firstPage<T extends WindowPosition>(position: T): T {
  return { ...position, pageToken: null, tokenMs: null, stalls: 0 };
}

function beginAgain(position: OpenPosition, memory: WindowMemory): After {
  memory.beginAgain();
  const restarts = position.restarts + 1;
  return goOn({ ...firstPage(position), restarts, remembered: memory.toCursor() });
}

/** Half as long at most. */
function inShorterPieces(position: OpenPosition, memory: WindowMemory, wantedMs: number): After {
  memory.beginAgain();
  const shorterMs = Math.min(wantedMs, lengthOf(position) / 2);
  const spanMs = Math.max(SHORTEST_MS, wholeSecond(shorterMs));
  const pieceToMs = position.pieceFromMs + spanMs;
  return goOn({ ...firstPage(position), pieceToMs, spanMs, remembered: memory.toCursor() });
}

function lengthOf(position: OpenPosition): number {
  return position.pieceToMs - position.pieceFromMs;
}

function walkedMs(memory: WindowMemory): number {
  const seconds = memory.walkedSeconds;
  return seconds === null ? 0 : (seconds.last - seconds.first) * 1_000;
}
