import { pipeName } from "./categories.ts";
import { type CustomProperty, customProperties } from "./custom_properties.ts";
import { logSourceExtension } from "./log_source_extension.ts";
import { eventPairs, type Mapping } from "./mapping.ts";
import { type QidRecord, qidRecords } from "./qids.ts";
import { uuidOf } from "./uuid.ts";
import { row, XML_DECLARATION, type XmlElement, xmlText } from "./xml.ts";

/** Name of the log source type in QRadar's lists. */
export const TYPE_NAME = "Mimecast Email Security";

/** The release that wrote the export whose form this is: content goes into the same and newer releases. */
const QRADAR_VERSION = "7.3.1.20171206222136";

/**
 * Ids of our rows. They are only references inside of the file as long as the import gives new ones, which is not
 * documented; in case it does not, they are far from those that a console gives first (types from 4001).
 */
const TYPE_ID = 4801;
const EXTENSION_ID = 4801;
const ROW_ID = 4_801_000;
const CATEGORY_ID = 5;

/** Custom types own blocks of 250,000 QIDs (deduced from two exports: 4001 -> 1002250000, 4002 -> 1002500000). */
const FIRST_QID = 1_002_000_000 + 250_000 * (TYPE_ID - 4000);

/** Fixed, so that the bytes are those of the mapping and nothing else: 2026-01-01T00:00:00Z. */
const CREATED_MS = 1_767_225_600_000;

/** Protocols of QRadar that can carry the lines: Forwarded, Log File and the Syslog family, by their ids in a real export. */
const PROTOCOLS = [0, 12, 15, 22, 23, 50];

/**
 * The content of the extension: element names, their order and fields as in a real export of QRadar 7.3.1. It holds
 * no log source: that names a host, and is the administrator's.
 */
export function contentXml(mapping: Mapping): string {
  const properties = customProperties(mapping);
  const qids = qidRecords(mapping, TYPE_NAME);
  const rows: XmlElement[] = [
    ["qradarversion", QRADAR_VERSION],
    ...properties.map(regexProperty),
    ...properties.map(propertyExpression),
    extension(mapping),
    row("sensordevicecategory", {
      categorydescription: "Third party Software integration",
      categoryname: "SW/Integration",
      id: CATEGORY_ID,
    }),
    ...PROTOCOLS.map(deviceProtocol),
    deviceType(),
    ...qids.map(qidMap),
    ...eventMappings(mapping, qids),
  ];
  return XML_DECLARATION + xmlText(["content", rows]);
}

function regexProperty(property: CustomProperty, position: number): XmlElement {
  return row("ariel_regex_property", {
    tenant_id: 0,
    creationdate: CREATED_MS,
    propertyname: property.name,
    forceparse: property.forceparse,
    propertytype: property.type,
    description: `Attribute ${property.key} of Mimecast LEEF events`,
    autodiscovered: false,
    sequenceid: ROW_ID + position,
    database: "events",
    id: uuidOf(`property ${property.key}`),
    editdate: CREATED_MS,
    username: "admin",
  });
}

function propertyExpression(property: CustomProperty, position: number): XmlElement {
  return row("ariel_property_expression", {
    ap_id: uuidOf(`property ${property.key}`),
    creationdate: CREATED_MS,
    deviceid: -1,
    qid: -1,
    sequenceid: ROW_ID + position,
    enabled: true,
    devicetypeid: TYPE_ID,
    capturegroup: 1,
    regex: property.regex,
    propertybase: "com.q1labs.core.types.event.NormalizedEventProperties$Payload",
    rank: 1,
    id: uuidOf(`expression ${property.key}`),
    category: -1,
    editdate: CREATED_MS,
    username: "admin",
  });
}

function extension(mapping: Mapping): XmlElement {
  return row("device_ext", {
    xml: Buffer.from(logSourceExtension(mapping)).toString("base64"),
    use_condition: 0,
    name: `${TYPE_NAME}_ext`,
    description: "",
    id: EXTENSION_ID,
    enabled: true,
  });
}

function deviceProtocol(protocol: number, position: number): XmlElement {
  return row("sensordeviceprotocols", {
    sensorprotocolid: protocol,
    documented: true,
    sensordevicetypeid: TYPE_ID,
    id: ROW_ID + position,
  });
}

function deviceType(): XmlElement {
  return row("sensordevicetype", {
    extension_id: EXTENSION_ID,
    uniqueperhost: false,
    devicecategoryid: CATEGORY_ID,
    defaultlanguageid: 1,
    devicetypedescription: TYPE_NAME,
    devicetypecredibility: 5,
    id: TYPE_ID,
    devicetypename: TYPE_NAME,
    devicetypeoverride: 4000,
    dsmparameter: "",
    mask: 0,
  });
}

/** Rates stand in rows of the pipe Beta only, as in the export. */
function qidMap(record: QidRecord, position: number): XmlElement {
  const pipe = pipeName(record.lowLevelCategory);
  const beta = pipe === "Beta";
  return row("qidmap", {
    severity: record.severity,
    qdescription: record.description,
    catpipename: pipe,
    ratelongwindow: beta ? 86_400 : 0,
    qname: record.name,
    lowlevelcategory: record.lowLevelCategory,
    rateshortwindow: beta ? 3_600 : 0,
    id: ROW_ID + position,
    reverseip: false,
    qid: FIRST_QID + position,
    ratethreshold: 0,
    rateinterval: beta ? 1_000 : 0,
  });
}

function eventMappings(mapping: Mapping, qids: readonly QidRecord[]): XmlElement[] {
  return eventPairs(mapping).map(({ event, cat }, position) =>
    row("dsmevent", {
      credibility: 0,
      customevent: true,
      deviceeventcategory: cat,
      id: ROW_ID + position,
      unravelevent: 0,
      qidmapid: ROW_ID + qids.findIndex((record) => record.event === event),
      deviceeventid: event.id,
      devicetypeid: TYPE_ID,
    }),
  );
}
