import { ConfigError } from "../../errors.ts";
import { hasIdentifier, type LogSourceFacts } from "../qradar_log_source.ts";

/** A log source, as far as we look at it. */
export interface LogSourceRow extends LogSourceFacts {
  readonly id: number;
  readonly name: string;
  readonly description?: string | null;
  readonly type_id: number;
  readonly enabled: boolean;
  readonly coalesce_events: boolean;
  readonly store_event_payload: boolean;
  readonly log_source_extension_id?: number | null;
  readonly requires_deploy?: boolean;
  readonly group_ids?: readonly number[] | null;
}

/** What QRadar is asked for, to read a log source. */
export const LOG_SOURCE_FIELDS =
  "id,name,description,type_id,enabled,coalesce_events,store_event_payload,log_source_extension_id,requires_deploy,group_ids,protocol_parameters";

/** By this, uninstalling knows what the program has made. */
export const MADE_BY_US = "Made by mimecast-input";

/** The ids of our content on this console. */
export interface ContentIds {
  readonly typeId: number;
  /** Null: that of the log source is the administrator's. */
  readonly extensionId: number | null;
}

/** A sender: the host of the syslog header, and who it is. */
export interface Sender {
  readonly identifier: string;
  readonly name: string;
}

/** What has to be done about one log source. */
export interface LogSourcePlan {
  readonly identifier: string;
  readonly name: string;
  readonly action: "create" | "correct" | "unchanged";
  /** Null: it has to be made. */
  readonly id: number | null;
  /** Field -> what it has to be. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Changed, and not deployed. */
  readonly undeployed: boolean;
}

/** One sender for each host of a syslog header; accounts that share one share a log source. */
export function sendersOf(
  accounts: readonly { readonly name: string; readonly hostname: string }[],
): readonly Sender[] {
  const senders = new Map<string, Sender>();
  for (const { name, hostname } of accounts) {
    const key = hostname.toLowerCase();
    const isShared = senders.has(key);
    senders.set(key, { identifier: hostname, name: `Mimecast @ ${isShared ? hostname : name}` });
  }
  return [...senders.values()];
}

/**
 * What leads to a log source that reads our lines. Without `ids` the content is not there yet, so that no log source can have it.
 * `groupId`: it has to be in this group too; null: its groups are the administrator's. Of several with the identifier that of our type is taken, else the only one; more is a `ConfigError` code `qradar_ambiguous`.
 */
export function logSourcePlan(
  sender: Sender,
  sources: readonly LogSourceRow[],
  ids: ContentIds | null,
  groupId: number | null = null,
): LogSourcePlan {
  const { identifier, name } = sender;
  const alike = sources.filter((row) => hasIdentifier(row, identifier));
  const row = alike.find(({ type_id }) => type_id === ids?.typeId) ?? alike[0];
  if (row === undefined) {
    const changes = { ...wanted(ids), name, ...groupChange(null, groupId) };
    return { identifier, name, action: "create", id: null, changes, undeployed: false };
  }
  if (alike.length > 1 && row.type_id !== ids?.typeId) {
    const names = alike.map((each) => JSON.stringify(each.name)).join(", ");
    throw new ConfigError(
      `Cannot choose the log source of "${identifier}": ${alike.length} have this identifier: ${names}`,
      {
        code: "qradar_ambiguous",
        hint: `Leave one of them on the console, or give one the type, then run this again`,
      },
    );
  }
  const differs = Object.entries(wanted(ids)).filter(
    ([field, value]) => row[field as keyof LogSourceRow] !== value,
  );
  const changes = {
    ...Object.fromEntries(differs),
    // Searches and dashboards look for the word; the rest of a name is the administrator's.
    ...(/mimecast/i.test(row.name) ? {} : { name }),
    ...groupChange(row.group_ids ?? [], groupId),
  };
  const action = Object.keys(changes).length > 0 ? "correct" : "unchanged";
  return {
    identifier,
    name: row.name,
    action,
    id: row.id,
    changes,
    undeployed: row.requires_deploy === true,
  };
}

/** A log source stays in the groups that it has. */
function groupChange(there: readonly number[] | null, groupId: number | null) {
  if (groupId === null || there?.includes(groupId) === true) return {};
  return { group_ids: [...(there ?? []), groupId] };
}

function wanted(ids: ContentIds | null): Partial<LogSourceRow> {
  return {
    type_id: ids?.typeId ?? -1,
    ...(ids?.extensionId === null ? {} : { log_source_extension_id: ids?.extensionId ?? -1 }),
    enabled: true,
    coalesce_events: false,
    store_event_payload: true,
  };
}

/** True for a log source that this program has made for one of these senders. */
export function isMadeByUs(row: LogSourceRow, senders: readonly Sender[]): boolean {
  return (
    row.description === MADE_BY_US &&
    senders.some(({ identifier }) => hasIdentifier(row, identifier))
  );
}
