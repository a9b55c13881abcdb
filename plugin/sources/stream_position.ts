import { cursorFields } from "./cursor_fields.ts";
import { NO_RESTARTS, type Restarts, readRestarts, restartsCursor } from "./restarts.ts";
import type { Cursor } from "./source.ts";

/** How far the program has read the stream. Times in ms since 1970, by Mimecast's clock. */
export interface StreamPosition {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /**
   * Where to begin without a page token: everything before is collected. It moves when nothing is left, not with each
   * record, because records of different types are not in the order of time.
   */
  readonly fromMs: number;
  /** This host's time at the feed's beginning, until the first answer shows whether it was right; else null. */
  readonly begunMs: number | null;
  /** How often this page has come without leading on. */
  readonly stalls: number;
  /** The record types of the requests; null: all. */
  readonly types: string | null;
  /** Records of the last pages, as `SeenIds` writes them: the next page may repeat them. */
  readonly ids: readonly string[];
  /** Mimecast lists collected records once more, by date. */
  readonly isRedoing: boolean;
  /** The page of this token has shown records already. */
  readonly hasShown: boolean;
  /** When the token last brought a record, or was given by date; 0: not known. */
  readonly aliveMs: number;
  readonly restarts: Restarts;
}

/** The position to begin at, by date. */
export function streamStart(
  fromMs: number,
  types: string | null,
  begunMs: number | null = null,
): StreamPosition {
  return {
    nextPage: null,
    fromMs,
    begunMs,
    stalls: 0,
    types,
    ids: [],
    isRedoing: false,
    hasShown: false,
    aliveMs: 0,
    restarts: NO_RESTARTS,
  };
}

/** The same stream by date, from the moment before which everything is collected; the ids tell repeated records. */
export function streamByDate(position: StreamPosition): StreamPosition {
  return { ...position, nextPage: null, stalls: 0, isRedoing: true, hasShown: false };
}

/**
 * Reads a cursor of `streamCursor`, or of an earlier version, which kept the time of the newest record and began
 * `overlapMs` before it.
 */
export function readStreamPosition(cursor: Cursor, overlapMs: number): StreamPosition {
  const fields = cursorFields(cursor, "siem");
  const aliveMs = fields.numberOrNull("alive");
  return {
    nextPage: fields.textOrNull("nextPage"),
    fromMs: fields.number("from") - (aliveMs === null ? overlapMs : 0),
    begunMs: fields.numberOrNull("begun"),
    stalls: fields.number("stalls"),
    types: fields.textOrNull("types"),
    ids: fields.texts("ids"),
    isRedoing: fields.numberOrNull("redoing") === 1,
    hasShown: fields.numberOrNull("shown") === 1,
    aliveMs: aliveMs ?? 0,
    restarts: readRestarts(fields),
  };
}

/** The position as it is in the checkpoint. */
export function streamCursor(position: StreamPosition): Cursor {
  return {
    nextPage: position.nextPage,
    from: position.fromMs,
    begun: position.begunMs,
    stalls: position.stalls,
    types: position.types,
    ids: [...position.ids],
    redoing: position.isRedoing ? 1 : 0,
    shown: position.hasShown ? 1 : 0,
    alive: position.aliveMs,
    ...restartsCursor(position.restarts),
  };
}
