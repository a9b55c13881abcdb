import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/**
 * Searches of the archive (reference: POST /api/archive/get-search-logs and …/get-archive-search-logs). Mimecast documents
 * both in the same words, and not whether they hold the same records: what both have is taken once. Records have no id.
 */
const feed: WindowFeed = {
  name: "archive_search",
  paths: ["/api/archive/get-search-logs", "/api/archive/get-archive-search-logs"],
  permission: "Archive | Search Logs | Read",
  product: "Audit Events",
  kind: "archive_search",
  lookBackMs: null,
  request: (from, to) => ({ start: from, end: to }),
  list: ["data", "*", "logs"],
  pageSize: 100,
  timeKey: "createTime",
  idKeys: [],
  versionKeys: [],
};

/** Archive searches under API 1.0. */
export const archiveSearchV1 = windowSource("1.0", feed);
/** Archive searches under API 2.0. */
export const archiveSearchV2 = windowSource("2.0", feed);
