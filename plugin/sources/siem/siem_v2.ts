import { batchSource } from "./batch.ts";

/** API 2.0 SIEM logs of Cloud Gateway (reference: GET /siem/v1/batch/events/cg). One stream for each record type. */
export const siemV2 = batchSource({
  name: "siem",
  path: "/siem/v1/batch/events/cg",
  permission:
    "Security Events and Data Retrieval | Threat and Security Events (SIEM) | Read; Enhanced Logging must be on",
  product: "Threats, Security Events, and Data",
  kind: "siem",
  types: [
    "receipt",
    "process",
    "delivery",
    "journal",
    "av",
    "spam",
    "internal email protect",
    "impersonation protect",
    "attachment protect",
    "url protect",
  ],
});
