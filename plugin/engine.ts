/** The record families that the engine knows. "auto" finds the family by the record's fields. */
export type RecordKind =
  | "auto"
  | "siem"
  | "audit"
  | "ttp_impersonation"
  | "ttp_url"
  | "ttp_attachment"
  | "dlp"
  | "cloud_integrated"
  | "held_release"
  | "rejections"
  | "archive_search"
  | "archive_view"
  | "threat_intel"
  | "health";

/** Everything the engine is told once, at start. */
export interface EngineSettings {
  readonly format: "leef" | "json" | "json+leef";
  /** The account's name in the configuration: `account` of the envelope, and `accountName` of the line. */
  readonly account: string;
  /** HOSTNAME of the syslog header: QRadar's log source identifier. */
  readonly hostname: string;
  readonly api: "1.0" | "2.0";
  /** Upper bound of a whole LEEF line in bytes, header included, line feed not (QRadar default: 4096). */
  readonly maxLineBytes: number;
  readonly delimiter: "^" | "tab";
  readonly leefVersion: "1.0" | "2.0";
  readonly usrName: "internal" | "sender" | "recipient";
  readonly mapping: {
    /** LEEF key -> LEEF key. */
    readonly rename: Readonly<Record<string, string>>;
    /** LEEF keys to leave out. */
    readonly drop: readonly string[];
    /** EventID -> sev 1..10. */
    readonly severity: Readonly<Record<string, number>>;
  };
}

/** A piece of output: whole lines, and where in the item they end. */
export interface Chunk {
  /** Whole lines, each with its "\n". A view into the engine's memory: valid until the next step. */
  readonly bytes: Uint8Array;
  /** Records of this item that have been read so far, skipped ones included. */
  readonly records: number;
  /** Running digest over those records, 32 hex digits: equal if and only if the records were the same. */
  readonly digest: string;
  /** Records in this chunk that could not be parsed (each still became a line). */
  readonly malformed: number;
}

/** One instance per account. Not re-entrant: finish one item before the next `begin`. */
export interface Engine {
  /**
   * Opens an item. With `taken`, the first `taken.records` records make no output; if the digest over them
   * differs, `encode` throws a `ResumeMismatchError` before it has put anything out.
   */
  begin(kind: RecordKind, taken?: { readonly records: number; readonly digest: string }): void;
  /** A block of whole lines in, chunks out. One record, one line; blank lines are no records. */
  encode(block: Uint8Array): Iterable<Chunk>;
  /**
   * Closes the item. Throws a `ResumeMismatchError` where it held fewer records than `taken` says: it is not the
   * item that was begun, and nothing of it has been put out.
   */
  end(): void;
}
