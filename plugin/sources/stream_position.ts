import { cursorFields } from "./cursor_fields.ts";
import { NO_RESTARTS, type Restarts } from "./restarts.ts";
import type { Cursor } from "./source.ts";

/** Where the stream has been read to. Times in ms since 1970, by Mimecast's clock. */
export interface StreamPosition {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /**
   * Where to begin without a page token: everything before is collected. It moves when nothing is left, not with each record:
   * records are not in the order of time across types.
   */
  readonly fromMs: number;
  /** This host's time when the feed was begun, until the first answer tells whether it was right. */
  readonly begunMs: number | null;
  /** How often this page has come back without leading on. */
  readonly stalls: number;
  /** The record types that were asked for; null: all. */
  readonly types: string | null;
  /** Records of the last pages, as `SeenIds` writes them: they may be on the next one again. */
  readonly ids: readonly string[];
  /** What was collected before is being listed once more, by date. */
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

/** The same stream by date, from where everything is known to be collected; its records are known by their ids. */
export function streamByDate(position: StreamPosition): StreamPosition {
  return { ...position, nextPage: null, stalls: 0, isRedoing: true, hasShown: false };
}

/**
 * Reads what `streamCursor` wrote, or an earlier version: that kept the time of the newest record, and began `overlapMs`
 * before it.
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
    restarts: {
      count: fields.numberOrNull("restarts") ?? 0,
      lastMs: fields.numberOrNull("restartedMs") ?? 0,
    },
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
    restarts: position.restarts.count,
    restartedMs: position.restarts.lastMs,
  };
}
