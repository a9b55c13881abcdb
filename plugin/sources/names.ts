import type { Api } from "../client/regions.ts";

const BOTH = [
  "siem",
  "audit",
  "ttp_impersonation",
  "ttp_url",
  "ttp_attachment",
  "dlp",
  "rejections",
  "held_release",
  "archive_search",
  "archive_view",
  "threat_intel",
] as const;

/** A word that `sources:` of the configuration may hold. */
export type SourceName = (typeof BOTH)[number] | "cloud_integrated";

/** The sources of each API generation, in the order of collection. */
export const SOURCE_NAMES: Readonly<Record<Api, readonly SourceName[]>> = {
  "1.0": BOTH,
  "2.0": [...BOTH, "cloud_integrated"],
};

/**
 * The sources that the program collects only if the configuration names them: indicators are no events, and a tenant
 * without Cloud Integrated would get a 403 at every poll.
 */
export const OFF_BY_DEFAULT: readonly SourceName[] = ["threat_intel", "cloud_integrated"];

/** The sources of an account whose configuration names none. */
export function defaultSources(api: Api): SourceName[] {
  return SOURCE_NAMES[api].filter((name) => !OFF_BY_DEFAULT.includes(name));
}
