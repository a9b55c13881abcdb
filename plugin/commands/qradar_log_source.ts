/** Path of the log sources in the API. */
export const LOG_SOURCES = "/config/event_sources/log_source_management/log_sources";

/** What tells which sender a log source belongs to. */
export interface LogSourceFacts {
  readonly protocol_parameters?: readonly {
    readonly name: string;
    readonly value?: string | null;
  }[];
}

/** True where the log source takes the lines whose syslog header names this host. */
export function hasIdentifier(
  { protocol_parameters: parameters }: LogSourceFacts,
  identifier: string,
): boolean {
  const all = Array.isArray(parameters) ? parameters : [];
  const wanted = identifier.toLowerCase();
  return all.some(
    (each) => each?.name === "identifier" && String(each.value ?? "").toLowerCase() === wanted,
  );
}
