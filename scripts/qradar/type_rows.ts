import {
  EXTENSION_NAME,
  TYPE_NAME,
  TYPE_TITLE,
} from "../../plugin/commands/qradar/content_names.ts";
import { pipeName } from "./categories.ts";
import { numberOf, uuidOf } from "./identity.ts";
import { logSourceExtension } from "./log_source_extension.ts";
import { eventPairs, type Mapping } from "./mapping.ts";
import { baseQids, eventQids, FEED_SILENT, type QidRecord } from "./qids.ts";
import { row, type XmlElement } from "./xml.ts";

export { EXTENSION_NAME, TYPE_NAME, TYPE_TITLE };

/**
 * Ids of our rows. They are only references inside of the file as long as the import gives new ones, which is not
 * documented; in case it does not, they are far from those that a console gives first (types from 4001).
 */
const TYPE_ID = 4801;
const EXTENSION_ID = 4801;
const CATEGORY_ID = 5;

/** Custom types own blocks of 250,000 QIDs, the first two for the type itself (exports: 4001 -> 1002250000, 4002 -> 1002500000). */
const FIRST_QID = 1_002_000_000 + 250_000 * (TYPE_ID - 4000);

/** Protocols of QRadar that can carry the lines: Forwarded, Log File and the Syslog family, by their ids in a real export. */
const PROTOCOLS = [0, 12, 15, 22, 23, 50];

/** The id of the type, for rows that belong to it. */
export const DEVICE_TYPE_ID = TYPE_ID;

/** An id of a row, the same in every release; those of one table must differ. */
export function rowId(name: string): number {
  return numberOf(`row ${name}`, 48_000_000, 1_000_000);
}

/** The QID of an EventID: of its name alone, so that a new event moves none, and rules keep what they name. */
export function qidOf(event: string): number {
  return numberOf(`qid ${event}`, FIRST_QID + 1_000, 249_000);
}

/** The log source type: with its extension, protocols, QIDs and event mappings. */
export function typeRows(mapping: Mapping): XmlElement[] {
  const [stored, unknown] = baseQids(TYPE_TITLE);
  return [
    extension(mapping),
    row("sensordevicecategory", {
      categorydescription: "Third party Software integration",
      categoryname: "SW/Integration",
      id: CATEGORY_ID,
    }),
    ...PROTOCOLS.map(deviceProtocol),
    deviceType(),
    qidMap(stored, FIRST_QID),
    qidMap(unknown, FIRST_QID + 1),
    ...[...eventQids(mapping), FEED_SILENT].map((record) => qidMap(record, qidOf(record.id))),
    baseMapping(stored),
    baseMapping(unknown),
    ...eventPairs(mapping).map(({ event, cat }) => eventMapping(event.id, cat)),
  ];
}

function extension(mapping: Mapping): XmlElement {
  return row("device_ext", {
    xml: Buffer.from(logSourceExtension(mapping)).toString("base64"),
    use_condition: 0,
    name: EXTENSION_NAME,
    description: "",
    id: EXTENSION_ID,
    uuid: uuidOf("extension"),
    enabled: true,
  });
}

function deviceProtocol(protocol: number): XmlElement {
  return row("sensordeviceprotocols", {
    sensorprotocolid: protocol,
    sensordevicetypeid: TYPE_ID,
    documented: false,
    id: rowId(`protocol ${protocol}`),
  });
}

function deviceType(): XmlElement {
  return row("sensordevicetype", {
    extension_id: EXTENSION_ID,
    uniqueperhost: false,
    devicetypecredibility: 5,
    uuid: uuidOf("type"),
    dsmparameter: "",
    devicecategoryid: CATEGORY_ID,
    devicetypedescription: TYPE_TITLE,
    defaultlanguageid: 1,
    id: TYPE_ID,
    devicetypename: TYPE_NAME,
    devicetypeoverride: 4000,
    mask: 0,
  });
}

/** Only rows of the pipe Beta have rates, as in the exports. */
function qidMap(record: QidRecord, qid: number): XmlElement {
  const pipe = pipeName(record.lowLevelCategory);
  const beta = pipe === "Beta";
  return row("qidmap", {
    severity: record.severity,
    lowlevelcategory: record.lowLevelCategory,
    reverseip: false,
    qid,
    uuid: uuidOf(`qid ${record.id}`),
    ratethreshold: 0,
    rateinterval: beta ? 1_000 : 0,
    qdescription: record.description,
    catpipename: pipe,
    ratelongwindow: beta ? 86_400 : 0,
    qname: record.name,
    rateshortwindow: beta ? 3_600 : 0,
    id: rowId(`qid ${record.id}`),
  });
}

/** What QRadar makes of payloads without an event, and of events without a mapping: the two rows of every custom type. */
function baseMapping({ id }: QidRecord): XmlElement {
  return row("dsmevent", {
    routepoint: "EP",
    credibility: 5,
    deviceeventcategory: id,
    customevent: false,
    id: rowId(`base mapping ${id}`),
    unravelevent: 0,
    uuid: uuidOf(`base mapping ${id}`),
    qidmapid: rowId(`qid ${id}`),
    devicetypeid: TYPE_ID,
    deviceeventid: "unknown",
  });
}

function eventMapping(event: string, cat: string): XmlElement {
  return row("dsmevent", {
    credibility: 0,
    deviceeventcategory: cat,
    customevent: true,
    id: rowId(`mapping ${event} ${cat}`),
    unravelevent: 0,
    uuid: uuidOf(`mapping ${event} ${cat}`),
    qidmapid: rowId(`qid ${event}`),
    devicetypeid: TYPE_ID,
    deviceeventid: event,
  });
}
