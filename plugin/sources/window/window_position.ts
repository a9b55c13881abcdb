import { cursorFields } from "../cursor_fields.ts";
import type { Cursor } from "../source.ts";
import type { RememberedRecords } from "./window_memory.ts";

/** Where a windowed feed is. Times in ms since 1970, by Mimecast's clock. */
export interface WindowPosition {
  /** Everything before this is settled: asked for when no record could show up late any more. */
  readonly fromMs: number;
  /** End of the window being walked, frozen before its first page; null: between windows. */
  readonly toMs: number | null;
  /** When the window's first page was asked for; null: it was not yet. */
  readonly askedMs: number | null;
  /**
   * Time of the newest record of this window so far, where the first answer has not told Mimecast's time: it is not
   * earlier than that; 0: no record yet. Null: the answer has told it.
   */
  readonly newestMs: number | null;
  /** The window reaches back to `fromMs`; false: only to `tipMs`. Null: a window of a replay. */
  readonly isDeep: boolean | null;
  /** Where a window that does not reach back to `fromMs` begins. */
  readonly tipMs: number;
  /** When the last window that reached back to `fromMs` was over; null: never. */
  readonly deepMs: number | null;
  /** The piece of the window that is being paged. */
  readonly pieceFromMs: number;
  readonly pieceToMs: number;
  /** Which endpoint of the feed is asked, from 0. */
  readonly endpoint: number;
  /** How long a piece may be, for a walk of bounded length; null: as long as the window. */
  readonly spanMs: number | null;
  readonly pageToken: string | null;
  /** When Mimecast gave the page token. */
  readonly tokenMs: number | null;
  /** How often this page has come back naming itself as the next one. */
  readonly stalls: number;
  /** How often the piece was begun again, because its page token was refused or did not lead on. */
  readonly restarts: number;
  /** Records of the last page, repetitions too. */
  readonly lastCount: number;
  /** Records of the fullest page. */
  readonly fullCount: number;
  /** Records of the least full page that had another one behind it; null: not known. */
  readonly provenCount: number | null;
  /** Mimecast has named a next page where there was nothing at all: that it names one says little. */
  readonly isNextIdle: boolean;
  /** This host's time when the feed was begun, until the first answer tells whether it was right. */
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

/** Reads what `windowCursor` wrote, of this version or of one before. */
export function readWindowPosition(cursor: Cursor, source: string): WindowPosition {
  const fields = cursorFields(cursor, source);
  const fromMs = fields.number("from");
  const toMs = fields.numberOrNull("to");
  const askedMs = fields.numberOrNull("asked");
  const deep = fields.numberOrNull("deep");
  // An earlier version did not keep when the window was asked for: it begins again, and drops what it knows.
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
