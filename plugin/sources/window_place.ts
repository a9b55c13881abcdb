import { cursorFields } from "./cursor_fields.ts";
import type { Cursor } from "./source.ts";

/** Where a windowed feed stands. Times in ms since 1970. */
export interface WindowPlace {
  readonly fromMs: number;
  /** End of the window being paged, frozen before its first page; null: between windows. */
  readonly toMs: number | null;
  readonly pageToken: string | null;
  /** How often this page has come back naming itself as the next one. */
  readonly stalls: number;
  /** The window was begun again, because its page token was refused or did not lead on. */
  readonly restarted: boolean;
  /** Records seen, as `SeenIds` writes them. */
  readonly ids: readonly string[];
}

/** A place inside a window. */
export type OpenPlace = WindowPlace & { readonly toMs: number };

/** The place between two windows: the next one begins at `fromMs`. */
export function betweenWindows(fromMs: number, ids: readonly string[]): WindowPlace {
  return { fromMs, toMs: null, pageToken: null, stalls: 0, restarted: false, ids };
}

/** Reads what `windowCursor` wrote. */
export function readWindowPlace(cursor: Cursor, source: string): WindowPlace {
  const fields = cursorFields(cursor, source);
  return {
    fromMs: fields.number("from"),
    toMs: fields.numberOrNull("to"),
    pageToken: fields.textOrNull("pageToken"),
    stalls: fields.number("stalls"),
    restarted: fields.number("restarted") === 1,
    ids: fields.texts("ids"),
  };
}

/** The place as it stands in the checkpoint. */
export function windowCursor(place: WindowPlace): Cursor {
  return {
    from: place.fromMs,
    to: place.toMs,
    pageToken: place.pageToken,
    stalls: place.stalls,
    restarted: place.restarted ? 1 : 0,
    ids: [...place.ids],
  };
}
