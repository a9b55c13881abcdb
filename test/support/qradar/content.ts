import { readFileSync } from "node:fs";
import { zipEntries } from "../zip_entries.ts";
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
  readonly name: string;
  readonly type: string;
  readonly forceparse: boolean;
  readonly regex: string;
  readonly captureGroup: number;
}

/** The content of the extension as QRadar would hold it after the import. */
export interface Content {
  readonly root: XmlNode;
  readonly typeName: string;
  /** The log source extension that is packed in. */
  readonly extension: string;
  /** "EventID\0cat" -> QID. */
  readonly qids: ReadonlyMap<string, QidEntry>;
  /** What an event without a mapping gets. */
  readonly stored: QidEntry;
  readonly properties: readonly PropertyEntry[];
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

/** Reads a content export with one log source type; throws where a reference leads nowhere. */
export function readContent(xml: string): Content {
  const root = parseXml(xml);
  const rows = (name: string) => childrenOf(root, name).map(fieldsOf);
  const byId = (name: string, id: string | undefined, key = "id"): Record<string, string> => {
    const found = rows(name).find((row) => row[key] === id);
    if (found === undefined) throw new Error(`Cannot resolve ${name} ${id}`);
    return found;
  };
  const type = rows("sensordevicetype")[0]!;
  byId("sensordevicecategory", type.devicecategoryid);
  const extension = byId("device_ext", type.extension_id).xml!;
  const qidById = new Map(rows("qidmap").map((row) => [row.id, qidOf(row)]));
  const qids = new Map<string, QidEntry>();
  for (const event of rows("dsmevent")) {
    byId("sensordevicetype", event.devicetypeid);
    const qid = qidById.get(event.qidmapid);
    if (qid === undefined) throw new Error(`Cannot resolve qidmap ${event.qidmapid}`);
    const key = pairKey(event.deviceeventid!, event.deviceeventcategory!);
    if (qids.has(key)) throw new Error(`Cannot map ${event.deviceeventid} twice`);
    qids.set(key, qid);
  }
  const properties = rows("ariel_property_expression").map((expression) => {
    byId("sensordevicetype", expression.devicetypeid);
    const property = byId("ariel_regex_property", expression.ap_id);
    return {
      name: property.propertyname!,
      type: property.propertytype!,
      forceparse: property.forceparse === "true",
      regex: expression.regex!,
      captureGroup: Number(expression.capturegroup),
    };
  });
  const mapped = new Set(qids.values());
  const stored = [...qidById.values()].find((qid) => !mapped.has(qid))!;
  return {
    root,
    typeName: type.devicetypename!,
    extension: Buffer.from(extension, "base64").toString("utf8"),
    qids,
    stored,
    properties,
  };
}

function qidOf(row: Record<string, string>): QidEntry {
  return {
    qid: Number(row.qid),
    name: row.qname!,
    severity: Number(row.severity),
    lowLevelCategory: Number(row.lowlevelcategory),
  };
}
