import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Scanned attachments (reference: POST /api/ttp/attachment/get-logs). Records have no id. */
const feed: WindowFeed = {
  name: "ttp_attachment",
  paths: ["/api/ttp/attachment/get-logs"],
  permission: "Monitoring | Attachment Protection | Read",
  product: "Security Events",
  kind: "ttp_attachment",
  lookBackMs: null,
  request: (from, to) => ({ oldestFirst: true, from, to, route: "all", result: "all" }),
  list: ["data", "*", "attachmentLogs"],
  pageSize: 500,
  timeKey: "date",
  idKeys: [],
  versionKeys: [],
};

/** Attachment Protect under API 1.0. */
export const ttpAttachmentV1 = windowSource("1.0", feed);
/** Attachment Protect under API 2.0. */
export const ttpAttachmentV2 = windowSource("2.0", feed);
