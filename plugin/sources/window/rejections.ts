import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Rejected messages of all users (reference: POST /api/gateway/get-rejections). */
const feed: WindowFeed = {
  name: "rejections",
  paths: ["/api/gateway/get-rejections"],
  permission: "Monitoring | Rejections | Read",
  product: "Audit Events",
  kind: "rejections",
  lookBackMs: null,
  request: (from, to) => ({ admin: true, start: from, end: to }),
  list: ["data", "*", "rejections"],
  pageSize: 100,
  timeKey: "created",
  idKeys: ["id"],
  versionKeys: ["messageId", "created"],
};

/** Rejections under API 1.0. */
export const rejectionsV1 = windowSource("1.0", feed);
/** Rejections under API 2.0. */
export const rejectionsV2 = windowSource("2.0", feed);
