import { type CustomProperty, customProperties } from "./custom_properties.ts";
import { uuidOf } from "./identity.ts";
import type { Mapping } from "./mapping.ts";
import { CREATED_MS } from "./release.ts";
import { DEVICE_TYPE_ID, rowId } from "./type_rows.ts";
import { row, type XmlElement } from "./xml.ts";

/** The properties that the zip brings, each with the expression that fills it from events of our type. */
export function propertyRows(mapping: Mapping): XmlElement[] {
  const properties = customProperties(mapping).filter(({ inZip }) => inZip);
  return [...properties.map(propertyRow), ...properties.map(expressionRow)];
}

/** A property of IBM's dictionary has the settings that it has on every console, so that an update changes nothing of it. */
function propertyRow(property: CustomProperty): XmlElement {
  const { id, key, shared } = property;
  return row("ariel_regex_property", {
    tenant_id: 0,
    creationdate: CREATED_MS,
    propertyname: property.name,
    forceparse: property.forceparse,
    deprecated: false,
    propertytype: property.type,
    ...(shared === null ? {} : { languagetag: "en-US" }),
    description: shared?.description ?? `Attribute ${key} of Mimecast LEEF events`,
    autodiscovered: false,
    sequenceid: rowId(`property ${key}`),
    database: "events",
    ...(shared === null
      ? {}
      : { description_id: `ariel_regex_property.${id}.description`, datepattern: "" }),
    id,
    editdate: CREATED_MS,
    username: "admin",
  });
}

function expressionRow({ id, key, regex }: CustomProperty): XmlElement {
  return row("ariel_property_expression", {
    ap_id: id,
    creationdate: CREATED_MS,
    deviceid: -1,
    qid: -1,
    sequenceid: rowId(`expression ${key}`),
    enabled: true,
    devicetypeid: DEVICE_TYPE_ID,
    capturegroup: 1,
    regex,
    propertybase: "com.q1labs.core.types.event.NormalizedEventProperties$Payload",
    rank: 1,
    id: uuidOf(`expression ${key}`),
    category: -1,
    editdate: CREATED_MS,
    username: "admin",
  });
}
