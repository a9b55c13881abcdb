import { readFileSync } from "node:fs";
import { categoryName } from "../../../scripts/qradar/categories.ts";
import {
  onlyType,
  pairKey,
  type QidEntry,
  SHIPPED,
  shippedContent,
  type TypeContent,
} from "./content.ts";
import { parseDate, SIMPLE_DATE_FORMAT } from "./date_format.ts";
import { type Extension, readExtension } from "./extension.ts";
import { type LeefEvent, leefEvent } from "./leef_event.ts";
import { syslogHeader } from "./syslog_header.ts";

/** Which of the two ways of docs/qradar.md a log source goes. */
export type LogSourceType =
  /** IBM's DSM reads the predefined keys; the extension adds what it leaves open. */
  | "Universal LEEF"
  /** The type of the content zip: the extension is all there is. */
  | "Mimecast Email Security";

/** A log source that the administrator has made. */
export interface LogSource {
  readonly name: string;
  /** The host of the syslog header. */
  readonly identifier: string;
  readonly type: LogSourceType;
}

/** An event as Log Activity shows it. */
export interface AnalystEvent {
  readonly qid: number;
  readonly eventName: string;
  /** Low-level category, its id and name. */
  readonly categoryId: number;
  readonly category: string;
  readonly severity: number;
  /** "Log Source Time", ms since 1970. */
  readonly timeMs: number;
  readonly username: string | null;
  readonly sourceIp: string;
  readonly destinationIp: string;
  readonly logSource: string;
  /** Custom properties that have a value. */
  readonly properties: ReadonlyMap<string, string | number>;
  /** False: an administrator would find it under "unknown" or "stored". */
  readonly known: boolean;
}

/** A payload, and what QRadar knows of its arrival. */
export interface Arrival {
  readonly payload: string;
  readonly packetIp: string;
  readonly receivedMs: number;
}

/** Shows events as an analyst would see them. */
export type Console = (arrival: Arrival) => AnalystEvent;

/** A console with the shipped content and extension, as they lie in config-examples/qradar. */
export async function shippedConsole(logSources: readonly LogSource[]): Promise<Console> {
  const content = onlyType(await shippedContent());
  return createConsole(content, readExtension(readFileSync(SHIPPED.extension, "utf8")), logSources);
}

/**
 * A console with this type, this extension on every log source, and these log sources. What shows an event whose EventID is not
 * read is the type's base QID for (unknown, Stored), and for a pair without a mapping that for (unknown, unknown): the two rows
 * with `customevent` false of each custom type in the DSM Editor's exports.
 */
export function createConsole(
  content: TypeContent,
  extension: Extension,
  logSources: readonly LogSource[],
): Console {
  const byIdentifier = new Map(logSources.map((source) => [source.identifier, source]));
  const properties = content.properties.map((entry) => ({
    ...entry,
    compiled: new RegExp(entry.regex),
  }));

  function propertiesOf(payload: string): Map<string, string | number> {
    const found = new Map<string, string | number>();
    for (const { name, type, compiled, captureGroup } of properties) {
      const value = compiled.exec(payload)?.[captureGroup];
      if (value !== undefined) found.set(name, type === "numeric" ? Number(value) : value);
    }
    return found;
  }

  return ({ payload, packetIp, receivedMs }) => {
    const header = syslogHeader(payload, receivedMs);
    const logSource = byIdentifier.get(header?.host ?? packetIp);
    if (logSource === undefined)
      return unknownSender(payload, packetIp, header?.timeMs ?? receivedMs);
    const leef = logSource.type === "Universal LEEF" ? leefEvent(payload) : null;
    const fields = extension.read(payload);
    const eventId = leef?.eventId ?? fields.get("EventName");
    const cat = leef?.attributes.get("cat") ?? fields.get("EventCategory") ?? "";
    const qid = eventId === undefined ? undefined : content.qids.get(pairKey(eventId, cat));
    const base = leef === null ? content : IBM_LEEF;
    const shown = qid ?? (eventId === undefined ? base.stored : base.unknown) ?? IBM_LEEF.unknown;
    const address = (key: string, field: string): string =>
      leef?.attributes.get(key) ?? fields.get(field) ?? fields.get(`${field}v6`) ?? packetIp;
    return {
      qid: shown.qid,
      eventName: shown.name,
      categoryId: shown.lowLevelCategory,
      category: categoryName(shown.lowLevelCategory),
      severity: severityOf(leef) ?? shown.severity,
      timeMs: leefTime(leef) ?? extension.time(fields) ?? header?.timeMs ?? receivedMs,
      username: leef?.attributes.get("usrName") ?? fields.get("UserName") ?? null,
      sourceIp: address("src", "SourceIp"),
      destinationIp: address("dst", "DestinationIp"),
      logSource: logSource.name,
      properties: propertiesOf(payload),
      known: qid !== undefined,
    };
  };
}

/** What IBM's own type for LEEF shows of events without a mapping (an event of a type without one is "Unknown"). */
const UNKNOWN: QidEntry = { qid: 0, name: "Unknown", severity: 3, lowLevelCategory: 10001 };
const IBM_LEEF = { stored: UNKNOWN, unknown: UNKNOWN };

/** No log source has this identifier, and autodetection has found none yet (QRadar reference 2.4). */
function unknownSender(payload: string, packetIp: string, timeMs: number): AnalystEvent {
  const host = syslogHeader(payload, timeMs)?.host ?? packetIp;
  return {
    qid: 0,
    eventName: "Unknown Log Event",
    categoryId: 10008,
    category: "Stored",
    severity: 3,
    timeMs,
    username: null,
    sourceIp: packetIp,
    destinationIp: packetIp,
    logSource: `SIM Generic Log DSM :: ${host}`,
    properties: new Map(),
    known: false,
  };
}

/** The DSM for LEEF reads `sev`; a custom type has the severity of its QID (IBM's guide to extensions: "whatever is found in the QID"). */
function severityOf(leef: LeefEvent | null): number | undefined {
  const sev = leef?.attributes.get("sev");
  return sev !== undefined && /^([1-9]|10)$/.test(sev) ? Number(sev) : undefined;
}

/** devTime: epoch in seconds or milliseconds without a format, else by devTimeFormat. */
function leefTime(leef: LeefEvent | null): number | undefined {
  const devTime = leef?.attributes.get("devTime");
  if (devTime === undefined) return undefined;
  if (/^\d{13}$/.test(devTime)) return Number(devTime);
  if (/^\d{10}$/.test(devTime)) return Number(devTime) * 1000;
  const format = leef?.attributes.get("devTimeFormat");
  return format === undefined
    ? undefined
    : (parseDate(SIMPLE_DATE_FORMAT, format, devTime) ?? undefined);
}
