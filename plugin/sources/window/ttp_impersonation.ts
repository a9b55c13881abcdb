import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Impersonation Protect (reference: POST /api/ttp/impersonation/get-logs). */
const feed: WindowFeed = {
  name: "ttp_impersonation",
  paths: ["/api/ttp/impersonation/get-logs"],
  permission: "Monitoring | Impersonation Protection | Read",
  product: "Security Events",
  kind: "ttp_impersonation",
  lookBackMs: null,
  request: (from, to) => ({ oldestFirst: true, from, to }),
  list: ["data", "*", "impersonationLogs"],
  pageSize: 500,
  timeKey: "eventTime",
  idKeys: ["id"],
  versionKeys: ["messageId", "eventTime"],
};

/** Impersonation Protect under API 1.0. */
export const ttpImpersonationV1 = windowSource("1.0", feed);
/** Impersonation Protect under API 2.0. */
export const ttpImpersonationV2 = windowSource("2.0", feed);
