import type { JsonPath } from "../../decode/record_scanner.ts";
import type { RecordKind } from "../../encode/engine.ts";

/** What distinguishes one `/api/*` log feed from another. */
export interface WindowFeed {
  /** Name of the feed, and of the family of its records. */
  readonly name: RecordKind;
  readonly permission: string;
  /** API 2.0. */
  readonly product: string;
  /** How far back Mimecast answers, ms; null if not stated. */
  readonly lookBackMs: number | null;
  /** Paths of its endpoints, from "/". The program asks each one for each piece of a window, and takes a common record once. */
  readonly paths: readonly [string, ...string[]];
  /** The item of `data` for a window, its ends written by `apiTime`. */
  readonly request: (from: string, to: string) => Readonly<Record<string, unknown>>;
  /** Where the records are: `["data"]` or `["data", "*", "<name>"]`. */
  readonly list: JsonPath;
  /** `pageSize` of a request. */
  readonly pageSize: number;
  /** The field with a record's time. */
  readonly timeKey: string;
  /** The fields of a record's id; empty: the records have no id. */
  readonly idKeys: readonly string[];
  /** Further fields in which two records with one id may differ. */
  readonly versionKeys: readonly string[];
}

/** A start at the very limit must still be valid when the first request goes out. */
const START_SLACK_MS = 3_600_000;

/** The earliest moment at which a feed may begin, ms since 1970. */
export function firstPossible({ lookBackMs }: WindowFeed, nowMs: number): number {
  return lookBackMs === null ? 0 : nowMs - lookBackMs + START_SLACK_MS;
}
