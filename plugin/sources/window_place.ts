import { cursorFields } from "./cursor_fields.ts";
import type { Cursor } from "./source.ts";
import type { RememberedRecords } from "./window_memory.ts";

/** Where a windowed feed is. Times in ms since 1970, by Mimecast's clock. */
export interface WindowPlace {
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

/** A place inside a window. */
export type OpenPlace = WindowPlace & { readonly toMs: number };

/** The place of a feed that has collected nothing: it begins at `fromMs`. */
export function windowStart(fromMs: number, begunMs: number | null = null): WindowPlace {
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

/** The place at the beginning of a window whose two ends, both inclusive, are given. */
export function closedWindow(fromMs: number, toMs: number): OpenPlace {
  return { ...windowStart(fromMs), toMs, pieceToMs: toMs };
}

/** Reads what `windowCursor` wrote, of this version or of one before. */
export function readWindowPlace(cursor: Cursor, source: string): WindowPlace {
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

/** The place as the checkpoint keeps it. */
export function windowCursor(place: WindowPlace): Cursor {
  const { before, walk, old } = place.remembered;
  return {
    from: place.fromMs,
    to: place.toMs,
    asked: place.askedMs,
    newest: place.newestMs,
    deep: place.isDeep === null ? null : Number(place.isDeep),
    tip: place.tipMs,
    deepAsked: place.deepMs,
    pieceFrom: place.pieceFromMs,
    pieceTo: place.pieceToMs,
    endpoint: place.endpoint,
    span: place.spanMs,
    pageToken: place.pageToken,
    tokenAt: place.tokenMs,
    stalls: place.stalls,
    restarts: place.restarts,
    lastCount: place.lastCount,
    fullCount: place.fullCount,
    provenCount: place.provenCount,
    nextIdle: place.isNextIdle ? 1 : 0,
    begun: place.begunMs,
    before,
    walk,
    ids: [...old],
  };
}
