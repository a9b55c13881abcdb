import { aqlText, type Row, search } from "../ariel.ts";
import { allItems, type Console } from "../qradar_console.ts";
import type { FoundEvent } from "./event_findings.ts";
import type { Patience } from "./task.ts";

/** Path of the custom properties in the API. */
export const PROPERTIES = "/config/event_sources/custom_properties/regex_properties";

/** The property by which one event is found. */
export const UID_PROPERTY = "Mimecast Event UID";
/** For the hosts of the deployment, whose clocks may differ from ours. */
const EARLIER_MINUTES = 5;
const COLUMNS = [
  `logsourceid AS "log_source_id"`,
  `LOGSOURCENAME(logsourceid) AS "log_source"`,
  `QIDNAME(qid) AS "name"`,
  `CATEGORYNAME(category) AS "category"`,
  `severity AS "severity"`,
  `devicetime AS "time"`,
  `username AS "user"`,
  `sourceip AS "source"`,
  `destinationip AS "destination"`,
  `UTF8(payload) AS "payload"`,
];

/** Which of these properties the console has: a search that names any other is refused. */
export async function propertiesThere(
  console: Console,
  wanted: Iterable<string>,
): Promise<readonly string[]> {
  const rows = await allItems<{ readonly name: string }>(console, PROPERTIES, { fields: "name" });
  const there = new Set(rows.map(({ name }) => name));
  return [...wanted].filter((name) => there.has(name));
}

/** What to search for. */
export interface WantedEvents {
  /** How the eventUid of each of them begins. */
  readonly prefix: string;
  readonly properties: readonly string[];
  /** Ids; null: all, for what went astray. */
  readonly logSources: readonly number[] | null;
  /** When the first may have arrived, ms since 1970. */
  readonly fromMs: number;
}

/** One search for the events of a run of `qradar verify`, over the minutes since it began. */
export async function findEvents(
  console: Console,
  { prefix, properties, logSources, fromMs }: WantedEvents,
  { effects, signal, limitMs }: Patience,
): Promise<readonly FoundEvent[]> {
  const columns = properties.map((name, index) => `"${name}" AS "p${index}"`);
  // By the payload too: in a log source of another type the property has no value.
  const uid = properties.includes(UID_PROPERTY)
    ? `("${UID_PROPERTY}" ILIKE ${aqlText(`${prefix}%`)} OR UTF8(payload) ILIKE ${aqlText(`%${prefix}%`)})`
    : `UTF8(payload) ILIKE ${aqlText(`%${prefix}%`)}`;
  const where = logSources === null ? uid : `logsourceid IN (${logSources.join(", ")}) AND ${uid}`;
  const minutes = Math.ceil((effects.now() - fromMs) / 60_000) + EARLIER_MINUTES;
  const aql = `SELECT ${[...COLUMNS, ...columns].join(", ")} FROM events WHERE ${where} LAST ${minutes} MINUTES`;
  const found: FoundEvent[] = [];
  for await (const rows of search(console, aql, effects, signal, limitMs)) {
    found.push(...rows.map((row) => eventOf(row, prefix, properties)));
  }
  return found;
}

function eventOf(row: Row, prefix: string, properties: readonly string[]): FoundEvent {
  const values = properties.map((name, index) => [name, textOf(row[`p${index}`])] as const);
  const byName = new Map(values);
  const uid = byName.get(UID_PROPERTY);
  return {
    uid: uid?.startsWith(prefix) ? uid : uidIn(String(row.payload ?? ""), prefix),
    logSourceId: Number(row.log_source_id),
    logSource: String(row.log_source),
    name: String(row.name),
    category: String(row.category),
    severity: Number(row.severity),
    timeMs: Number(row.time),
    user: textOf(row.user),
    source: textOf(row.source),
    destination: textOf(row.destination),
    properties: byName,
  };
}

function uidIn(payload: string, prefix: string): string | null {
  const at = payload.indexOf(prefix);
  return at < 0 ? null : payload.slice(at, at + 32);
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
