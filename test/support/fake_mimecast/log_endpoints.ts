import { z } from "zod";
import { parseOffsetTime } from "./api_time.ts";
import type { RecordType } from "./record_types.ts";

/** One paged endpoint of `/api/*` (reference 1.7 to 1.9). */
export interface LogEndpoint {
  readonly type: RecordType;
  /** The item of `data` in the request. */
  readonly item: z.ZodType<Readonly<Record<string, unknown>>>;
  /** The array in `data[0]` of the answer; null where `data` is the array itself. */
  readonly array: string | null;
  /** Names of the request's time fields. */
  readonly from: string;
  readonly to: string;
  /** What an absent start means, counted back from now; "day" is the start of the current day. */
  readonly defaultFrom: "day" | "required" | number;
  /** The oldest start that is allowed, counted back from now; null where nothing is stated. */
  readonly lookbackMs: number | null;
  /** Which records of the type this endpoint has, where another one has others; all by default. */
  readonly has?: (index: number) => boolean;
}

const DAY_MS = 86_400_000;

const time = z
  .string()
  .refine((text) => parseOffsetTime(text) !== null, "must look like 2015-11-16T14:49:18+0000");

/**
 * Fields that narrow a search are accepted only where they narrow nothing: a collector that narrows
 * would lose events.
 */
const ttpRange = {
  oldestFirst: z.boolean().optional(),
  from: time.optional(),
  to: time.optional(),
};
const gatewayRange = { start: time.optional(), end: time.optional() };
const archiveRange = { start: time.optional(), end: time.optional() };
const ALL_ROUTES = z.tuple([z.literal("inbound"), z.literal("outbound"), z.literal("internal")]);

const ttp = { from: "from", to: "to", defaultFrom: "day", lookbackMs: null } as const;
const ranged = { from: "start", to: "end", defaultFrom: "day", lookbackMs: null } as const;

/** Two endpoints are documented, and not how their records differ: each has some of its own, and some are in both. */
const archiveSearches = {
  type: "archive_search",
  item: z.strictObject(archiveRange),
  array: "logs",
  ...ranged,
} as const;

/** Path -> endpoint. */
export const LOG_ENDPOINTS: ReadonlyMap<string, LogEndpoint> = new Map<string, LogEndpoint>([
  [
    "/api/audit/get-audit-events",
    {
      type: "audit",
      item: z.strictObject({ startDateTime: time, endDateTime: time }),
      array: null,
      from: "startDateTime",
      to: "endDateTime",
      defaultFrom: "required",
      lookbackMs: 60 * DAY_MS,
    },
  ],
  [
    "/api/ttp/url/get-logs",
    {
      type: "ttp_url",
      item: z.strictObject({
        ...ttpRange,
        route: z.literal("all").optional(),
        scanResult: z.literal("all").optional(),
      }),
      array: "clickLogs",
      ...ttp,
    },
  ],
  [
    "/api/ttp/attachment/get-logs",
    {
      type: "ttp_attachment",
      item: z.strictObject({
        ...ttpRange,
        route: z.literal("all").optional(),
        result: z.literal("all").optional(),
      }),
      array: "attachmentLogs",
      ...ttp,
    },
  ],
  [
    "/api/ttp/impersonation/get-logs",
    {
      type: "ttp_impersonation",
      item: z.strictObject(ttpRange),
      array: "impersonationLogs",
      ...ttp,
    },
  ],
  [
    "/api/dlp/get-logs",
    {
      type: "dlp",
      item: z.strictObject({ ...ttpRange, routes: ALL_ROUTES.optional() }),
      array: "dlpLogs",
      ...ttp,
    },
  ],
  [
    "/api/gateway/get-rejections",
    {
      type: "rejections",
      item: z.strictObject({ ...gatewayRange, admin: z.literal(["true", true]) }),
      array: "rejections",
      ...ranged,
    },
  ],
  [
    "/api/gateway/get-held-release-logs",
    {
      type: "held_release",
      item: z.strictObject(gatewayRange),
      array: "heldReleaseLogs",
      ...ranged,
      defaultFrom: 30 * DAY_MS,
    },
  ],
  ["/api/archive/get-archive-search-logs", { ...archiveSearches, has: (index) => index % 3 !== 1 }],
  ["/api/archive/get-search-logs", { ...archiveSearches, has: (index) => index % 3 !== 2 }],
  [
    "/api/archive/get-view-logs",
    { type: "archive_view", item: z.strictObject(archiveRange), array: null, ...ranged },
  ],
]);
