import { cursorFields } from "../cursor_fields.ts";
import type { Cursor } from "../source.ts";
import type { RememberedRecords } from "./window_memory.ts";

/** The position of a windowed feed. Times in ms since 1970, by Mimecast's clock. */
export interface WindowPosition {
  /** Everything before this is settled: collected when no late record could appear any more. */
  readonly fromMs: number;
  /** End of the window being walked, frozen before its first page; null: between windows. */
  readonly toMs: number | null;
  /** When the program asked for the window's first page; null: not yet. */
  readonly askedMs: number | null;
  /**
   * Time of the newest record of this window so far, if the first answer did not tell Mimecast's time, which cannot be
   * earlier; 0: no record yet. Null: the answer told it.
   */
  readonly newestMs: number | null;
  /** The window reaches back to `fromMs`; false: only to `tipMs`. Null: a window of a replay. */
  readonly isDeep: boolean | null;
  /** The beginning of a window that does not reach back to `fromMs`. */
  readonly tipMs: number;
  /** The end of the last window that reached back to `fromMs`; null: never. */
  readonly deepMs: number | null;
  /** The current piece of the window. */
  readonly pieceFromMs: number;
  readonly pieceToMs: number;
  /** The current endpoint of the feed, from 0. */
  readonly endpoint: number;
  /** The longest piece, which bounds a walk; null: as long as the window. */
  readonly spanMs: number | null;
  readonly pageToken: string | null;
  /** When Mimecast gave the page token. */
  readonly tokenMs: number | null;
  /** How often this page has named itself as the next one. */
  readonly stalls: number;
  /** How often the piece has begun again, because its page token was refused or did not lead on. */
  readonly restarts: number;
  /** Records of the last page, repetitions too. */
  readonly lastCount: number;
  /** Records of the fullest page. */
  readonly fullCount: number;
  /** Records of the smallest page that had another one after it; null: not known. */
  readonly provenCount: number | null;
  /** Mimecast has named a next page after an empty one: so a named page proves little. */
  readonly isNextIdle: boolean;
  /** This host's time at the feed's beginning, until the first answer shows whether it was right; else null. */
  readonly begunMs: number | null;
  readonly remembered: RememberedRecords;
}

/** A position inside a window. */
export type OpenPosition = WindowPosition & { readonly toMs: number };

/** The position of a feed that has collected nothing: it begins at `fromMs`. */
export function windowStart(fromMs: number, begunMs: number | null = null): WindowPosition {
  return {
    fromMs,
    toMs: null,
    askedMs: null,
    newestMs: null,
    isDeep: null,
    tipMs: fromMs,
    deepMs: null,
    pieceFromMs: fromMs,
    pieceToMs: fromMs,
    endpoint: 0,
    spanMs: null,
    pageToken: null,
    tokenMs: null,
    stalls: 0,
    restarts: 0,
    lastCount: 0,
    fullCount: 0,
    provenCount: null,
    isNextIdle: false,
    begunMs,
    remembered: { before: "", walk: "", old: [] },
  };
}

/** The position at the beginning of a window whose two ends, both inclusive, are given. */
export function closedWindow(fromMs: number, toMs: number): OpenPosition {
  return { ...windowStart(fromMs), toMs, pieceToMs: toMs };
}

/** Reads a cursor of `windowCursor`, of this or an earlier version. */
export function readWindowPosition(cursor: Cursor, source: string): WindowPosition {
  const fields = cursorFields(cursor, source);
  const fromMs = fields.number("from");
  const toMs = fields.numberOrNull("to");
  const askedMs = fields.numberOrNull("asked");
  const deep = fields.numberOrNull("deep");
  // An earlier version did not keep the time of the request: such a window begins again, and drops the repeated records.
  const isWalked = askedMs !== null;
  return {
    fromMs,
    toMs,
    askedMs,
    newestMs: fields.numberOrNull("newest"),
    isDeep: deep === null ? null : deep === 1,
    tipMs: fields.numberOrNull("tip") ?? fromMs,
    deepMs: fields.numberOrNull("deepAsked"),
    pieceFromMs: fields.numberOrNull("pieceFrom") ?? fromMs,
    pieceToMs: fields.numberOrNull("pieceTo") ?? toMs ?? fromMs,
    endpoint: fields.numberOrNull("endpoint") ?? 0,
    spanMs: fields.numberOrNull("span"),
    pageToken: isWalked ? fields.textOrNull("pageToken") : null,
    tokenMs: fields.numberOrNull("tokenAt"),
    stalls: isWalked ? (fields.numberOrNull("stalls") ?? 0) : 0,
    restarts: fields.numberOrNull("restarts") ?? 0,
    lastCount: fields.numberOrNull("lastCount") ?? 0,
    fullCount: fields.numberOrNull("fullCount") ?? 0,
    provenCount: fields.numberOrNull("provenCount"),
    isNextIdle: fields.numberOrNull("nextIdle") === 1,
    begunMs: fields.numberOrNull("begun"),
    remembered: {
      before: fields.textOrNull("before") ?? "",
      walk: fields.textOrNull("walk") ?? "",
      old: fields.texts("ids"),
    },
  };
}

/** The position as the checkpoint keeps it. */
export function windowCursor(position: WindowPosition): Cursor {
  const { before, walk, old } = position.remembered;
  return {
    from: position.fromMs,
    to: position.toMs,
    asked: position.askedMs,
    newest: position.newestMs,
    deep: position.isDeep === null ? null : Number(position.isDeep),
    tip: position.tipMs,
    deepAsked: position.deepMs,
    pieceFrom: position.pieceFromMs,
    pieceTo: position.pieceToMs,
    endpoint: position.endpoint,
    span: position.spanMs,
    pageToken: position.pageToken,
    tokenAt: position.tokenMs,
    stalls: position.stalls,
    restarts: position.restarts,
    lastCount: position.lastCount,
    fullCount: position.fullCount,
    provenCount: position.provenCount,
    nextIdle: position.isNextIdle ? 1 : 0,
    begun: position.begunMs,
    before,
    walk,
    ids: [...old],
  };
}
