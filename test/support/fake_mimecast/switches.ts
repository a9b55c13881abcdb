/** What can be changed about the fake at start and while it runs (reference 6). */
export interface Switches {
  /** What the credentials are good for: API 1.0 bodies of reference 1.3, API 2.0 those of 2.8. */
  readonly auth: "ok" | "app_id" | "signature" | "expired" | "incorrect_region";
  /** Paths whose permission has been taken away: 403 (reference 2.2). */
  readonly forbidden: readonly string[];
  /** The budget that is enforced with 429; null shows the headers of API 1.0 but enforces nothing. */
  readonly rateLimit: { readonly limit: number; readonly windowMs: number } | null;
  /** How far x-mc-date may be from the fake's clock; the real figure is not known (reference 1.2). */
  readonly maxSkewMs: number;
  /** After the last page of `/api/*` there is an empty one that still carries `next` (reference 0.8). */
  readonly emptyPageWithNext: boolean;
  /** The last records of the page before stand again at the head of each page of `/api/*`. */
  readonly overlapRecords: number;
  /** How the records of `/api/*` are sorted; a feed may ask for an order, and must not rely on it. */
  readonly order: "as_asked" | "oldest_first" | "newest_first";
  /** Records that are added from now on are equal, this many each; only `/api/*` shows it. */
  readonly equalRecords: number;
  /** How far the fake's clock is ahead of everybody else's; negative: behind. Its records, tokens and `Date` go by it. */
  readonly clockAheadMs: number;
  /** Largest pageSize of `/api/*`; the real figure is not known, 500 works (reference 7). */
  readonly maxPageSize: number;
  /** API 1.0: the "isLastToken" answer carries the mc-siem-token header; peers disagree (reference 7). */
  readonly tokenOnLast: boolean;
  /** API 1.0: status of the answer to a SIEM token that is not known; the real one is not known. */
  readonly invalidTokenStatus: 200 | 400;
  /** API 1.0: files in one zip. */
  readonly filesPerZip: number;
  /** API 1.0: what ends a key_value record (reference 1.5). */
  readonly keyValueLineEnd: "\r\n" | "\r" | "\n";
  /** Records in one SIEM file, of those that are added from now on. */
  readonly recordsPerFile: number;
  /** API 2.0 batch: `type` may hold several types joined by commas, as Microsoft Sentinel asks (reference 2.3). */
  readonly joinedTypes: boolean;
  /** Threat feed with nothing to give: an empty bundle (reference 1.10), or a `fail` as Elastic's mock answers. */
  readonly noIndicators: "bundle" | "fail";
  /** API 2.0: lifetime of a bearer token (reference 2.1). */
  readonly tokenLifetimeSecs: number;
  /** API 2.0: lifetime of a pre-signed link. */
  readonly linkLifetimeSecs: number;
}

/** The fake as a well-behaved service. */
export const DEFAULT_SWITCHES: Switches = {
  auth: "ok",
  forbidden: [],
  rateLimit: null,
  maxSkewMs: 15 * 60_000,
  emptyPageWithNext: true,
  overlapRecords: 0,
  order: "as_asked",
  equalRecords: 1,
  clockAheadMs: 0,
  maxPageSize: 500,
  tokenOnLast: false,
  invalidTokenStatus: 200,
  filesPerZip: 10,
  keyValueLineEnd: "\r\n",
  recordsPerFile: 1_000,
  joinedTypes: true,
  noIndicators: "bundle",
  tokenLifetimeSecs: 1_799,
  linkLifetimeSecs: 1_800,
};
