import { escapeXml, tag, type Values } from "./xml.ts";

/** A value of a bean as the XML of java.beans.XMLEncoder has it. */
export type Bean = string | number | boolean | null | { readonly xml: string };

/** The XML of a value; a number is an int. */
export function beanXml(value: Bean): string {
  if (value === null) return tag("null", {});
  if (typeof value === "boolean") return element("boolean", String(value));
  if (typeof value === "number") return element("int", String(value));
  return typeof value === "string" ? element("string", escapeXml(value)) : value.xml;
}

/** An object of a class with its properties. */
export function beanObject(
  name: string,
  properties: Readonly<Record<string, Bean>>,
  attributes: Values = {},
): Bean {
  const inner = Object.entries(properties).map(([property, value]) =>
    element("void", beanXml(value), { property }),
  );
  return { xml: element("object", inner.join(""), { class: name, ...attributes }) };
}

/** An array of a class. */
export function beanArray(name: string, items: readonly Bean[]): Bean {
  const inner = items.map((item, index) => element("void", beanXml(item), { index }));
  return { xml: element("array", inner.join(""), { class: name, length: items.length }) };
}

/** A java.util.HashMap with texts as keys. */
export function beanMap(entries: Readonly<Record<string, Bean>>): Bean {
  const inner = Object.entries(entries).map(([key, value]) =>
    element("void", beanXml(key) + beanXml(value), { method: "put" }),
  );
  return { xml: element("object", inner.join(""), { class: "java.util.HashMap" }) };
}

/** A constant of an enumeration. */
export function beanEnum(name: string, constant: string): Bean {
  const inner = element("class", name) + beanXml(constant);
  return { xml: element("object", inner, { class: "java.lang.Enum", method: "valueOf" }) };
}

/** A java.util.Date, from milliseconds since 1970. */
export function beanDate(time: number): Bean {
  return { xml: element("object", element("long", String(time)), { class: "java.util.Date" }) };
}

/** The object that has this id. */
export function beanReference(idref: string): Bean {
  return { xml: tag("object", { idref }) };
}

/** A long. */
export function beanLong(value: number): Bean {
  return { xml: element("long", String(value)) };
}

/** The file that java.beans.XMLDecoder reads. */
export function beanFile(bean: Bean): string {
  const root = { version: "1.8.0", class: "java.beans.XMLDecoder" };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("java", beanXml(bean), root)}\n`;
}

/** An element that keeps its end tag where it is empty, as an empty string has. */
function element(name: string, inner: string, attributes: Values = {}): string {
  const start = tag(name, attributes).slice(0, -2);
  return `${start}>${inner}</${name}>`;
}
