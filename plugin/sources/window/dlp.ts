import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Content inspection (reference: POST /api/dlp/get-logs). One message may have several records that differ in `action` only. */
const feed: WindowFeed = {
  name: "dlp",
  paths: ["/api/dlp/get-logs"],
  permission: "Monitoring | Data Leak Prevention | Read",
  product: "Security Events",
  kind: "dlp",
  lookBackMs: null,
  request: (from, to) => ({ oldestFirst: true, from, to }),
  list: ["data", "*", "dlpLogs"],
  pageSize: 500,
  timeKey: "eventTime",
  idKeys: [],
  versionKeys: [],
};

/** Data leak prevention under API 1.0. */
export const dlpV1 = windowSource("1.0", feed);
/** Data leak prevention under API 2.0. */
export const dlpV2 = windowSource("2.0", feed);
