import { CONTENT_FOLDER } from "./content_zip.ts";
import type { Mapping } from "./mapping.ts";
import { propertyRows } from "./property_rows.ts";
import { QRADAR_VERSION } from "./release.ts";
import { reportRows } from "./report_rows.ts";
import { ruleRows } from "./rule_rows.ts";
import { searchRows } from "./search_rows.ts";
import { typeRows } from "./type_rows.ts";
import { XML_DECLARATION, type XmlElement, xmlText } from "./xml.ts";

/**
 * The content of the extension: rows with the fields of real exports of QRadar. It holds no log source: that names a host,
 * and is the administrator's.
 */
export function contentXml(mapping: Mapping): string {
  const rows: XmlElement[] = [
    ["qradarversion", QRADAR_VERSION],
    ...propertyRows(mapping),
    ...typeRows(mapping),
    ...ruleRows(mapping),
    ...searchRows(mapping),
    ...reportRows(CONTENT_FOLDER),
  ];
  return XML_DECLARATION + xmlText(["content", rows]);
}
