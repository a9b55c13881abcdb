import type { WindowFeed } from "./window_feed.ts";

const DAY_MS = 86_400_000;
/** Records without an id. */
const NAMELESS = { idKeys: [], versionKeys: [] } as const;

/** The `/api/*` log feeds, the same in both API generations, in the order in which they are polled. */
export const WINDOW_FEEDS: readonly WindowFeed[] = [
  // Administrator and user actions (reference: POST /api/audit/get-audit-events), up to 60 days back.
  {
    name: "audit",
    paths: ["/api/audit/get-audit-events"],
    permission: "Account | Logs | Read",
    product: "Audit Events",
    lookBackMs: 60 * DAY_MS,
    request: (from, to) => ({ startDateTime: from, endDateTime: to }),
    list: ["data"],
    pageSize: 500,
    timeKey: "eventTime",
    idKeys: ["id"],
    versionKeys: ["eventTime", "eventInfo"],
  },
  // Impersonation Protect (reference: POST /api/ttp/impersonation/get-logs).
  {
    name: "ttp_impersonation",
    paths: ["/api/ttp/impersonation/get-logs"],
    permission: "Monitoring | Impersonation Protection | Read",
    product: "Security Events",
    lookBackMs: null,
    request: (from, to) => ({ oldestFirst: true, from, to }),
    list: ["data", "*", "impersonationLogs"],
    pageSize: 500,
    timeKey: "eventTime",
    idKeys: ["id"],
    versionKeys: ["messageId", "eventTime"],
  },
  // Clicks on and scans of links (reference: POST /api/ttp/url/get-logs). Records have no id.
  {
    name: "ttp_url",
    paths: ["/api/ttp/url/get-logs"],
    permission: "Monitoring | URL Protection | Read",
    product: "Security Events",
    lookBackMs: null,
    request: (from, to) => ({ oldestFirst: true, from, to, route: "all", scanResult: "all" }),
    list: ["data", "*", "clickLogs"],
    pageSize: 500,
    timeKey: "date",
    ...NAMELESS,
  },
  // Scanned attachments (reference: POST /api/ttp/attachment/get-logs). Records have no id.
  {
    name: "ttp_attachment",
    paths: ["/api/ttp/attachment/get-logs"],
    permission: "Monitoring | Attachment Protection | Read",
    product: "Security Events",
    lookBackMs: null,
    request: (from, to) => ({ oldestFirst: true, from, to, route: "all", result: "all" }),
    list: ["data", "*", "attachmentLogs"],
    pageSize: 500,
    timeKey: "date",
    ...NAMELESS,
  },
  // Content inspection (reference: POST /api/dlp/get-logs). A message may have several records that differ in `action` only.
  {
    name: "dlp",
    paths: ["/api/dlp/get-logs"],
    permission: "Monitoring | Data Leak Prevention | Read",
    product: "Security Events",
    lookBackMs: null,
    request: (from, to) => ({ oldestFirst: true, from, to }),
    list: ["data", "*", "dlpLogs"],
    pageSize: 500,
    timeKey: "eventTime",
    ...NAMELESS,
  },
  // Rejected messages of all users (reference: POST /api/gateway/get-rejections).
  {
    name: "rejections",
    paths: ["/api/gateway/get-rejections"],
    permission: "Monitoring | Rejections | Read",
    product: "Audit Events",
    lookBackMs: null,
    request: (from, to) => ({ admin: true, start: from, end: to }),
    list: ["data", "*", "rejections"],
    pageSize: 100,
    timeKey: "created",
    idKeys: ["id"],
    versionKeys: ["messageId", "created"],
  },
  // Messages released from or rejected in the held queue (reference: POST /api/gateway/get-held-release-logs). A message may come once for each status.
  {
    name: "held_release",
    paths: ["/api/gateway/get-held-release-logs"],
    permission: "Monitoring | Held | Read",
    product: "Audit Events",
    lookBackMs: null,
    request: (from, to) => ({ start: from, end: to }),
    list: ["data", "*", "heldReleaseLogs"],
    pageSize: 100,
    timeKey: "released",
    idKeys: ["id", "status"],
    versionKeys: ["messageId", "released"],
  },
  // Searches of the archive (reference: POST /api/archive/get-search-logs and …/get-archive-search-logs). Mimecast documents both in the same words, and does not say whether they hold the same records: the program takes a common record once. Records have no id.
  {
    name: "archive_search",
    paths: ["/api/archive/get-search-logs", "/api/archive/get-archive-search-logs"],
    permission: "Archive | Search Logs | Read",
    product: "Audit Events",
    lookBackMs: null,
    request: (from, to) => ({ start: from, end: to }),
    list: ["data", "*", "logs"],
    pageSize: 100,
    timeKey: "createTime",
    ...NAMELESS,
  },
  // Messages viewed in the archive (reference: POST /api/archive/get-view-logs). Records have no id.
  {
    name: "archive_view",
    paths: ["/api/archive/get-view-logs"],
    permission: "Archive | View Logs | Read",
    product: "Audit Events",
    lookBackMs: null,
    request: (from, to) => ({ start: from, end: to }),
    list: ["data"],
    pageSize: 100,
    timeKey: "viewed",
    ...NAMELESS,
  },
];
