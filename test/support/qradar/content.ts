import { readFileSync } from "node:fs";
import { zipEntries } from "../zip_entries.ts";
import { type Rule, rulesOf } from "./rules.ts";
import { childrenOf, fieldsOf, parseXml, type XmlNode } from "./xml.ts";

/** The files that an administrator uploads. */
export const SHIPPED = {
  extension: "config-examples/qradar/mimecast-leef.lsx.xml",
  content: "config-examples/qradar/mimecast-qradar-content.zip",
} as const;

/** What QRadar knows of an event once it has found its QID. */
export interface QidEntry {
  readonly qid: number;
  readonly name: string;
  readonly severity: number;
  readonly lowLevelCategory: number;
}

/** A custom property and the expression that fills it. */
export interface PropertyEntry {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly forceparse: boolean;
  readonly regex: string;
  readonly captureGroup: number;
}

/** A log source type as QRadar holds it after the import. */
export interface TypeContent {
  readonly name: string;
  /** As lists show it. */
  readonly title: string;
  /** The log source extension that is packed in. */
  readonly extension: string | null;
  /** "EventID\0cat" -> QID, of the mappings that somebody made. */
  readonly qids: ReadonlyMap<string, QidEntry>;
  /** For a payload that no event name is read of: mapping (unknown, Stored); undefined where the export has none. */
  readonly stored: QidEntry | undefined;
  /** For a pair that is not mapped: (unknown, unknown). */
  readonly unknown: QidEntry | undefined;
  readonly properties: readonly PropertyEntry[];
}

/** A content export, as far as the stand-in uses it. */
export interface Content {
  readonly root: XmlNode;
  readonly types: readonly TypeContent[];
  readonly rules: readonly Rule[];
}

/** Key of `qids`. */
export function pairKey(eventId: string, cat: string): string {
  return `${eventId}\0${cat}`;
}

/** Reads the shipped zip. */
export async function shippedContent(): Promise<Content> {
  const entries = await zipEntries(readFileSync(SHIPPED.content), { strictNames: true });
  const xml = entries.find(({ name }) => name.endsWith("-ContentExport.xml"));
  if (xml === undefined) throw new Error(`Cannot find a content export in ${SHIPPED.content}`);
  return readContent(xml.content.toString("utf8"));
}

/** The shipped log source type. */
export function onlyType({ types }: Content): TypeContent {
  const [type, ...more] = types;
  if (type === undefined || more.length > 0) throw new Error("Cannot choose a log source type");
  return type;
}

/** Reads a content export; throws where a reference leads nowhere, or a pair is mapped twice. */
export function readContent(xml: string): Content {
  const root = parseXml(xml);
  const table = (name: string) => childrenOf(root, name).map(fieldsOf);
  const index = (name: string) => new Map(table(name).map((row) => [row.id!, row]));
  const tables = {
    qids: index("qidmap"),
    extensions: index("device_ext"),
    categories: index("sensordevicecategory"),
    properties: index("ariel_regex_property"),
    types: index("sensordevicetype"),
  };
  const events = table("dsmevent");
  const expressions = table("ariel_property_expression");
  for (const { qidmapid, devicetypeid } of events) {
    resolve(tables.qids, "qidmap", qidmapid);
    resolve(tables.types, "sensordevicetype", devicetypeid);
  }
  for (const { ap_id } of expressions.filter(({ ap_id }) => !isDictionary(ap_id!)))
    resolve(tables.properties, "ariel_regex_property", ap_id);
  const types = [...tables.types.values()].map((type): TypeContent => {
    resolve(tables.categories, "sensordevicecategory", type.devicecategoryid);
    const extension =
      type.extension_id === undefined
        ? null
        : resolve(tables.extensions, "device_ext", type.extension_id).xml!;
    const own = events.filter(({ devicetypeid }) => devicetypeid === type.id);
    const base = (cat: string): QidEntry | undefined => {
      const row = own.find((each) => isBase(each) && each.deviceeventcategory === cat);
      return row && qidOf(tables.qids.get(row.qidmapid!)!);
    };
    return {
      name: type.devicetypename!,
      title: type.devicetypedescription!,
      extension: extension && Buffer.from(extension, "base64").toString("utf8"),
      qids: mappings(own, tables.qids),
      stored: base("Stored"),
      unknown: base("unknown"),
      properties: expressions
        .filter(({ devicetypeid }) => devicetypeid === type.id)
        .flatMap((row) => {
          const property = tables.properties.get(row.ap_id!);
          return property === undefined ? [] : [propertyOf(row, property)];
        }),
    };
  });
  return { root, types, rules: rulesOf(root) };
}

type Row = Record<string, string>;

function resolve(rows: ReadonlyMap<string, Row>, table: string, id: string | undefined): Row {
  const row = rows.get(id ?? "");
  if (row === undefined) throw new Error(`Cannot resolve ${table} ${id}`);
  return row;
}

/** Properties of IBM's dictionary, whose ids are no UUIDs, are on every console: a real export names one that it does not bring. */
function isDictionary(id: string): boolean {
  return /^[A-Z]+[A-Z0-9_]*$/.test(id);
}

/** The two mappings that QRadar itself makes of every custom type. */
function isBase({ deviceeventid, customevent }: Row): boolean {
  return deviceeventid === "unknown" && customevent === "false";
}

function mappings(events: readonly Row[], qids: ReadonlyMap<string, Row>): Map<string, QidEntry> {
  const found = new Map<string, QidEntry>();
  for (const event of events.filter((row) => !isBase(row))) {
    const key = pairKey(event.deviceeventid!, event.deviceeventcategory!);
    if (found.has(key)) throw new Error(`Cannot map ${event.deviceeventid} twice`);
    found.set(key, qidOf(qids.get(event.qidmapid!)!));
  }
  return found;
}

function propertyOf(expression: Row, property: Row): PropertyEntry {
  return {
    id: property.id!,
    name: property.propertyname!,
    type: property.propertytype!,
    forceparse: property.forceparse === "true",
    regex: expression.regex!,
    captureGroup: Number(expression.capturegroup),
  };
}

function qidOf(row: Row): QidEntry {
  return {
    qid: Number(row.qid),
    name: row.qname!,
    severity: Number(row.severity),
    lowLevelCategory: Number(row.lowlevelcategory),
  };
}
