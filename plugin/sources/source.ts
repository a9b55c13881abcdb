import type { CallKind } from "../client/budget/rate_limit.ts";
import type { MimecastClient } from "../client/client.ts";
import type { RecordKind } from "../encode/engine.ts";

/** Any JSON value that a source needs to find its position again. Keep it small: the program writes it after every page. */
export type Cursor = null | boolean | number | string | Cursor[] | { [key: string]: Cursor };

/** The parts of the world that a source may use. */
export interface SourceContext {
  readonly client: MimecastClient;
  /**
   * Mimecast's time, ms since 1970, from its answers (client/mimecast_clock.ts). Before the first answer it is this host's
   * time, which may be wrong: so the `answerDate` of the answer itself bounds the settled time.
   */
  now(): number;
  /** How far each window of a windowed source reaches back for records that came late (`overlap_secs`). */
  readonly overlapMs: number;
  /**
   * Writes a stream to a temporary file (0600, in the state directory), and returns its path and size in bytes. The
   * program removes the file when the page is done.
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
  /** The item's bytes as Mimecast served them, for the quarantine folder. It may download them again. */
  raw(): AsyncIterable<Uint8Array>;
}

/** One page of a stream: all its items must be accepted before the position may move to `next`. */
export interface Page {
  readonly items: readonly Item[];
  /** The position after this page. */
  readonly next: Cursor;
  /** True if Mimecast is known to have more right now. */
  readonly more: boolean;
  /** Data up to this moment (ms since 1970) has been collected once the page is taken; null where unknown. */
  readonly coveredUntilMs: number | null;
  /** Data that the source had to give up, for example because Mimecast no longer knows a token. */
  readonly gap?: { readonly reason: string };
  /** True for a page without a request to Mimecast: it only sets the next position. */
  readonly isUnasked?: true;
}

/** How `replay` asks again for earlier data, collected or missed. */
export interface Replay {
  /**
   * The positions at which to begin for the records between two moments, in order. A walk from each of them ends when
   * `ended` says so or Mimecast has no more. Null if this feed takes no times.
   */
  readonly range:
    | ((stream: string, fromMs: number, toMs: number, nowMs: number) => readonly Cursor[])
    | null;
  /** True once a walk has left the range, or the page, of its beginning. */
  ended(next: Cursor, what: "range" | "gap"): boolean;
  /** The field with a record's time in ms if a walk also brings records outside of the range; else null. */
  readonly timeKey: string | null;
  /** The position at which `replay` asks for the page of a gap again. */
  again(cursor: Cursor): Cursor;
  /** The items that fill the gap of item `key`, out of its page, listed again. */
  missed(items: readonly Item[], key: string): readonly Item[];
  /** The items of a local file, such as a repaired one from the quarantine folder. */
  stored(path: string, sizeBytes: number): Promise<readonly Item[]>;
}

/**
 * One Mimecast feed. A source builds requests and reads answers. Its memory is the cursor; it keeps no other state, and
 * never decides to skip data (collect/ does).
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
  /** API 2.0: the product to tick in the new application. */
  readonly product?: string;
  /** How long Mimecast keeps the data, in ms; null where not stated. */
  readonly retentionMs: number | null;
  /**
   * The independent streams, each with a cursor of its own: one, or one for each record type. A name is unique among all
   * sources of an API generation.
   */
  readonly streams: readonly string[];
  /** The first position without a checkpoint: everything from `startMs` on that Mimecast still has. */
  start(stream: string, startMs: number, nowMs: number): Cursor;
  /**
   * Converts the position of the same source in the other API generation. Absent if the two generations have nothing in
   * common.
   */
  adopt?(stream: string, cursor: Cursor): Cursor;
  /** Asks for the page at `cursor`. */
  page(stream: string, cursor: Cursor, context: SourceContext): Promise<Page>;
  /** Absent if the feed cannot serve earlier data again. */
  readonly replay?: Replay;
}
