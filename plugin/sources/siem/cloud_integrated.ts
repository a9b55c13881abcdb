import { batchSource } from "./batch.ts";

/** API 2.0 logs of Cloud Integrated (reference: GET /siem/v1/batch/events/ci). One stream for each record type. */
export const cloudIntegrated = batchSource({
  name: "cloud_integrated",
  path: "/siem/v1/batch/events/ci",
  permission: "Security Events and Data Retrieval | Threat and Security Events (SIEM) | Read",
  product: "Threats, Security Events, and Data (Cloud Integrated)",
  kind: "cloud_integrated",
  types: ["entities", "mailflow", "urlclick"],
});
