import { cursorFields } from "./cursor_fields.ts";
import { NO_RESTARTS, type Restarts } from "./restarts.ts";
import type { Cursor } from "./source.ts";

/** Where one feed has been read to. Times in ms since 1970, by Mimecast's clock. */
export interface ThreatPosition {
  /** Where to begin without a token: everything before is collected. */
  readonly fromMs: number;
  /** This host's time when the feed was begun, until the first answer tells whether it was right. */
  readonly begunMs: number | null;
  /** `x-mc-threat-feed-next-token` of the last answer that had one. */
  readonly token: string | null;
  /** Objects taken lately: the last token is asked again until a new one comes. */
  readonly ids: readonly string[];
  /** When the token last brought an object, or the feed was asked by date; 0: not known. */
  readonly aliveMs: number;
  readonly restarts: Restarts;
}

/** The position to begin at, by date. */
export function threatStart(fromMs: number, begunMs: number | null = null): ThreatPosition {
  return { fromMs, begunMs, token: null, ids: [], aliveMs: 0, restarts: NO_RESTARTS };
}

/** Reads what `threatCursor` wrote, or an earlier version. */
export function readThreatPosition(cursor: Cursor): ThreatPosition {
  const fields = cursorFields(cursor, "threat_intel");
  return {
    fromMs: fields.number("from"),
    begunMs: fields.numberOrNull("begun"),
    token: fields.textOrNull("token"),
    ids: fields.texts("ids"),
    aliveMs: fields.numberOrNull("alive") ?? 0,
    restarts: {
      count: fields.numberOrNull("restarts") ?? 0,
      lastMs: fields.numberOrNull("restartedMs") ?? 0,
    },
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
    restarts: restarts.count,
    restartedMs: restarts.lastMs,
  };
}
