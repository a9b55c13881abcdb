import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Administrator and user actions (reference: POST /api/audit/get-audit-events), up to 60 days back. */
const feed: WindowFeed = {
  name: "audit",
  paths: ["/api/audit/get-audit-events"],
  permission: "Account | Logs | Read",
  product: "Audit Events",
  kind: "audit",
  lookBackMs: 60 * 86_400_000,
  request: (from, to) => ({ startDateTime: from, endDateTime: to }),
  list: ["data"],
  pageSize: 500,
  timeKey: "eventTime",
  idKeys: ["id"],
  versionKeys: ["eventTime", "eventInfo"],
};

/** Audit events under API 1.0. */
export const auditV1 = windowSource("1.0", feed);
/** Audit events under API 2.0. */
export const auditV2 = windowSource("2.0", feed);
