import type { CallKind } from "../client/budget/rate_limit.ts";
import type { MimecastClient } from "../client/client.ts";
import type { RecordKind } from "../encode/engine.ts";

/** Any JSON value that a source needs to find its position again. Small: it is written after every page. */
export type Cursor = null | boolean | number | string | Cursor[] | { [key: string]: Cursor };

/** What a source may use of the world. */
export interface SourceContext {
  readonly client: MimecastClient;
  /**
   * Mimecast's time, ms since 1970, as far as an answer has told it (client/mimecast_clock.ts); before the first answer
   * this host's, which may be wrong: what is settled is bounded by the `answerDate` of the answer itself.
   */
  now(): number;
  /** How far each window of a windowed source reaches back for records that came late (`overlap_secs`). */
  readonly overlapMs: number;
  /**
   * Writes a stream to a temporary file (0600, in the state directory) that is removed when the page is done,
   * and returns its path and size in bytes.
   */
  spool(chunks: AsyncIterable<Uint8Array>): Promise<{ path: string; size: number }>;
}

/**
 * The unit of resuming and of quarantine inside a page: one file of a batch, one entry of a zip, or the page itself.
 */
export interface Item {
  /** The same at every listing of the same data: a file's path without its signature, an entry's name. */
  readonly key: string;
  readonly kind: RecordKind;
  /**
   * Blocks of whole records, each record one line that ends in "\n" (line breaks inside a record are
   * replaced by spaces), in a stable order, in bounded memory. Throws `LinkExpiredError`, `DecodeError`,
   * `NetworkError` or `ApiError`.
   */
  records(): AsyncIterable<Uint8Array>;
  /** The item's bytes as Mimecast served them, for the quarantine folder. May ask for them again. */
  raw(): AsyncIterable<Uint8Array>;
}

/** One page of a stream: everything that has to be taken before the position may move to `next`. */
export interface Page {
  readonly items: readonly Item[];
  /** The position after this page. */
  readonly next: Cursor;
  /** True where Mimecast is known to have more right now. */
  readonly more: boolean;
  /** Data up to this moment (ms since 1970) has been collected once the page is taken; null where unknown. */
  readonly coveredUntilMs: number | null;
  /** A hole that the source itself had to accept, for example a token that Mimecast no longer knows. */
  readonly gap?: { readonly reason: string };
  /** True where Mimecast was not asked for it: it only says where to ask. */
  readonly isUnasked?: true;
}

/** How what was collected, or missed, before is asked for again: for `replay`. */
export interface Replay {
  /**
   * The positions to begin at for the records between two moments, in order; a walk from each of them ends where
   * `ended` says so or Mimecast has no more. Null where Mimecast can't be asked by time.
   */
  readonly range:
    | ((stream: string, fromMs: number, toMs: number, nowMs: number) => readonly Cursor[])
    | null;
  /** True once a walk has left the stretch, or the page, that it began with. */
  ended(next: Cursor, what: "range" | "gap"): boolean;
  /** The field with a record's time in ms, where a walk also brings records outside of the stretch; else null. */
  readonly timeKey: string | null;
  /** The position at which the page of a gap is asked for again. */
  again(cursor: Cursor): Cursor;
  /** Those items of that page, listed again, that a gap of this item lacks. */
  missed(items: readonly Item[], key: string): readonly Item[];
  /** The items of a local file with what Mimecast once served: one from the quarantine folder, repaired. */
  stored(path: string, sizeBytes: number): Promise<readonly Item[]>;
}

/**
 * One Mimecast feed. A source builds requests and reads answers; it keeps no state of its own: what it must
 * remember is in the cursor. It never decides to step over data (that is run.ts).
 */
export interface Source {
  /** The word in `sources:` of the configuration. */
  readonly name: string;
  readonly api: "1.0" | "2.0";
  /** For people: the endpoint and the role permission that it needs (mimecast-api reference §1.5–§2.2). */
  readonly endpoint: string;
  readonly permission: string;
  /** Which of Mimecast's limits its calls count against. */
  readonly callKind: CallKind;
  /** API 2.0: the product to tick when the application is made. */
  readonly product?: string;
  /** How long Mimecast keeps the data, in ms; null where not stated. */
  readonly retentionMs: number | null;
  /**
   * The independent streams, each with a cursor of its own: one, or one a record type. A name is unique among all
   * sources of an API generation.
   */
  readonly streams: readonly string[];
  /** The position to begin where there is no checkpoint: everything from `startMs` on that Mimecast still has. */
  start(stream: string, startMs: number, nowMs: number): Cursor;
  /**
   * The position here for one that the source of the same name left in the other API generation. Absent where the two
   * have nothing in common.
   */
  adopt?(stream: string, cursor: Cursor): Cursor;
  /** Asks for the page at `cursor`. */
  page(stream: string, cursor: Cursor, context: SourceContext): Promise<Page>;
  /** Absent where nothing can be asked for again. */
  readonly replay?: Replay;
}
