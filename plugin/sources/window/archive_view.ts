import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Messages viewed in the archive (reference: POST /api/archive/get-view-logs). Records have no id. */
const feed: WindowFeed = {
  name: "archive_view",
  paths: ["/api/archive/get-view-logs"],
  permission: "Archive | View Logs | Read",
  product: "Audit Events",
  kind: "archive_view",
  lookBackMs: null,
  request: (from, to) => ({ start: from, end: to }),
  list: ["data"],
  pageSize: 100,
  timeKey: "viewed",
  idKeys: [],
  versionKeys: [],
};

/** Archive views under API 1.0. */
export const archiveViewV1 = windowSource("1.0", feed);
/** Archive views under API 2.0. */
export const archiveViewV2 = windowSource("2.0", feed);
