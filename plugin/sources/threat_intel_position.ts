import { cursorFields } from "./cursor_fields.ts";
import { NO_RESTARTS, type Restarts, readRestarts, restartsCursor } from "./restarts.ts";
import type { Cursor } from "./source.ts";

/** How far the program has read one feed. Times in ms since 1970, by Mimecast's clock. */
export interface ThreatPosition {
  /** Where to begin without a token: everything before is collected. */
  readonly fromMs: number;
  /** This host's time at the feed's beginning, until the first answer shows whether it was right; else null. */
  readonly begunMs: number | null;
  /** `x-mc-threat-feed-next-token` of the last answer that had one. */
  readonly token: string | null;
  /** Objects taken lately: the program uses the last token again until a new one comes. */
  readonly ids: readonly string[];
  /** When the token last brought an object, or the program last asked by date; 0: not known. */
  readonly aliveMs: number;
  readonly restarts: Restarts;
}

/** The position to begin at, by date. */
export function threatStart(fromMs: number, begunMs: number | null = null): ThreatPosition {
  return { fromMs, begunMs, token: null, ids: [], aliveMs: 0, restarts: NO_RESTARTS };
}

/** Reads a cursor of `threatCursor`, or of an earlier version. */
export function readThreatPosition(cursor: Cursor): ThreatPosition {
  const fields = cursorFields(cursor, "threat_intel");
  return {
    fromMs: fields.number("from"),
    begunMs: fields.numberOrNull("begun"),
    token: fields.textOrNull("token"),
    ids: fields.texts("ids"),
    aliveMs: fields.numberOrNull("alive") ?? 0,
    restarts: readRestarts(fields),
  };
}

/** The position as it is in the checkpoint. */
export function threatCursor({
  fromMs,
  begunMs,
  token,
  ids,
  aliveMs,
  restarts,
}: ThreatPosition): Cursor {
  return {
    from: fromMs,
    begun: begunMs,
    token,
    ids: [...ids],
    alive: aliveMs,
    ...restartsCursor(restarts),
  };
}
