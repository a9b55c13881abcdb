import { ConfigError } from "../../errors.ts";
import { allItems, type Console } from "../qradar_console.ts";
import { LOG_SOURCES } from "../qradar_log_source.ts";
import { EXTENSION_NAME, TYPE_NAME, TYPE_TITLE } from "./content_names.ts";
import {
  type ContentIds,
  LOG_SOURCE_FIELDS,
  type LogSourcePlan,
  type LogSourceRow,
  MADE_BY_US,
} from "./log_source_plan.ts";
import { taskError } from "./task.ts";

/** IBM's own type for LEEF. */
export const LEEF = "Universal LEEF";

const MANAGEMENT = "/config/event_sources/log_source_management";

interface Named {
  readonly id: number;
  readonly name: string;
}

/** What a new log source needs besides. */
export interface Receiving {
  readonly protocolId: number;
  /** Of the parameter "identifier". */
  readonly identifierId: number;
  readonly collectorId: number;
}

/** Every log source that the token may see. */
export function logSources(console: Console): Promise<readonly LogSourceRow[]> {
  return allItems<LogSourceRow>(console, LOG_SOURCES, { fields: LOG_SOURCE_FIELDS });
}

/** The ids of our type and its extension; null where the console lacks one of them. */
export async function contentIds(console: Console): Promise<ContentIds | null> {
  const type = await typeId(console, [TYPE_TITLE, TYPE_NAME]);
  const extension = await idNamed(console, "log_source_extensions", [EXTENSION_NAME]);
  return type === null || extension === null ? null : { typeId: type, extensionId: extension };
}

/** The id of the log source type that has one of these names; null where there is none. */
export function typeId(console: Console, names: readonly string[]): Promise<number | null> {
  return idNamed(console, "log_source_types", names);
}

async function idNamed(
  console: Console,
  list: string,
  names: readonly string[],
): Promise<number | null> {
  const all = await allItems<Named>(console, `${MANAGEMENT}/${list}`, { fields: "id,name" });
  return all.find(({ name }) => names.includes(name))?.id ?? null;
}

/** Where new log sources receive: QRadar's Syslog, on the collector that is named, or the only one. */
export async function receiving(console: Console, wanted: string | undefined): Promise<Receiving> {
  const protocols = await allItems<Named & { readonly parameters?: readonly Named[] }>(
    console,
    `${MANAGEMENT}/protocol_types`,
    { fields: "id,name,parameters(id,name)" },
  );
  const syslog = protocols.find(({ name }) => name === "Syslog");
  const identifier = syslog?.parameters?.find(({ name }) => name === "identifier");
  if (syslog === undefined || identifier === undefined) {
    throw taskError(
      'it has no protocol "Syslog" with an identifier',
      "Make the log source by hand: docs/qradar.md",
    );
  }
  const collectors = await allItems<Named>(console, "/config/event_sources/event_collectors", {
    fields: "id,name",
  });
  const fitting = collectors.filter(
    ({ id, name }) => wanted === undefined || wanted === name || wanted === String(id),
  );
  const [collector] = fitting;
  if (collector !== undefined && fitting.length === 1) {
    return { protocolId: syslog.id, identifierId: identifier.id, collectorId: collector.id };
  }
  const names = collectors.map(({ name }) => JSON.stringify(name)).join(", ");
  throw new ConfigError(
    `Cannot make a log source: --collector must name one event collector: the console has ${names || "none"}`,
    { code: "qradar_collector", hint: "Choose the one that the shipper sends to" },
  );
}

/** A group of log sources; `id` -1: it has to be made. */
export async function groupNamed(console: Console, name: string): Promise<number> {
  return (await idNamed(console, "log_source_groups", [name])) ?? -1;
}

/** Makes a group. No call of the API removes one. */
export async function makeGroup(console: Console, name: string): Promise<number> {
  const path = `${MANAGEMENT}/log_source_groups`;
  const body = { name, description: MADE_BY_US };
  return ((await console.call({ method: "POST", path, body, needs: ["id"] })).value as Named).id;
}

/** Makes or corrects one; nothing but what differs is sent. */
export async function applyLogSource(
  console: Console,
  { action, id, identifier, changes }: LogSourcePlan,
  receiver: Receiving | null,
): Promise<void> {
  if (action === "correct") {
    await console.call({ method: "POST", path: `${LOG_SOURCES}/${id}`, body: changes });
  }
  if (action === "create" && receiver !== null) {
    const body = {
      ...changes,
      description: MADE_BY_US,
      protocol_type_id: receiver.protocolId,
      protocol_parameters: [{ id: receiver.identifierId, name: "identifier", value: identifier }],
      target_event_collector_id: receiver.collectorId,
    };
    await console.call({ method: "POST", path: LOG_SOURCES, body });
  }
}

/** Removes one; one that somebody else has just removed is no error. */
export async function removeLogSource(console: Console, id: number): Promise<void> {
  await console.call({ method: "DELETE", path: `${LOG_SOURCES}/${id}`, alsoTake: [404] });
}
