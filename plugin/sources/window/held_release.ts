import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Messages released from or rejected in the held queue (reference: POST /api/gateway/get-held-release-logs). The same message may come once a status. */
const feed: WindowFeed = {
  name: "held_release",
  paths: ["/api/gateway/get-held-release-logs"],
  permission: "Monitoring | Held | Read",
  product: "Audit Events",
  kind: "held_release",
  lookBackMs: null,
  request: (from, to) => ({ start: from, end: to }),
  list: ["data", "*", "heldReleaseLogs"],
  pageSize: 100,
  timeKey: "released",
  idKeys: ["id", "status"],
  versionKeys: ["messageId", "released"],
};

/** Held and released messages under API 1.0. */
export const heldReleaseV1 = windowSource("1.0", feed);
/** Held and released messages under API 2.0. */
export const heldReleaseV2 = windowSource("2.0", feed);
