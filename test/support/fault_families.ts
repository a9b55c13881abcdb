import type { Amounts, SourceName } from "./fake_mimecast/record_types.ts";

/** A kind of feed: what is asked, and what there is to collect. */
export interface Family {
  readonly api: "1.0" | "2.0";
  readonly source: SourceName;
  readonly records: Amounts;
  /** The requests that a fault strikes. */
  readonly path: string;
}

const SIEM = { siem: 60 };
const TTP = { ttp_impersonation: 60 };

/** The kinds of feeds, by their short names in the table. */
export const FAMILIES = {
  "1.0 siem": { api: "1.0", source: "siem", records: SIEM, path: "/api/audit/get-siem-logs" },
  "1.0 audit": {
    api: "1.0",
    source: "audit",
    records: { audit: 60 },
    path: "/api/audit/get-audit-events",
  },
  "2.0 ttp": {
    api: "2.0",
    source: "ttp_impersonation",
    records: TTP,
    path: "/api/ttp/impersonation/get-logs",
  },
  "2.0 ttp url": {
    api: "2.0",
    source: "ttp_url",
    records: { ttp_url: 60 },
    path: "/api/ttp/url/get-logs",
  },
  "2.0 threat intel": {
    api: "2.0",
    source: "threat_intel",
    records: { threat_intel: 60 },
    path: "/api/ttp/threat-intel/get-feed",
  },
  "2.0 siem list": {
    api: "2.0",
    source: "siem",
    records: SIEM,
    path: "/siem/v1/batch/events/cg*receipt*",
  },
  "2.0 siem file": { api: "2.0", source: "siem", records: SIEM, path: "*/receipt*.gz*" },
  "2.0 login": { api: "2.0", source: "ttp_impersonation", records: TTP, path: "/oauth/token" },
} as const satisfies Readonly<Record<string, Family>>;

/** A family's name. */
export type FamilyName = keyof typeof FAMILIES;
