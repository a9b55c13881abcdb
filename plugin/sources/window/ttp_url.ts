import { windowSource } from "./window.ts";
import type { WindowFeed } from "./window_feed.ts";

/** Clicks on and scans of links (reference: POST /api/ttp/url/get-logs). Records have no id. */
const feed: WindowFeed = {
  name: "ttp_url",
  paths: ["/api/ttp/url/get-logs"],
  permission: "Monitoring | URL Protection | Read",
  product: "Security Events",
  kind: "ttp_url",
  lookBackMs: null,
  request: (from, to) => ({ oldestFirst: true, from, to, route: "all", scanResult: "all" }),
  list: ["data", "*", "clickLogs"],
  pageSize: 500,
  timeKey: "date",
  idKeys: [],
  versionKeys: [],
};

/** URL Protect under API 1.0. */
export const ttpUrlV1 = windowSource("1.0", feed);
/** URL Protect under API 2.0. */
export const ttpUrlV2 = windowSource("2.0", feed);
