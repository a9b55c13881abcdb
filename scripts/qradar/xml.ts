/** Writes XML: an element is its name and its text, or its children. */
export type XmlElement = readonly [name: string, content: string | readonly XmlElement[]];

/** The text of an element, indented as QRadar's own exports are. */
export function xmlText([name, content]: XmlElement, indent = ""): string {
  if (typeof content === "string") return `${indent}<${name}>${escapeXml(content)}</${name}>\n`;
  const children = content.map((child) => xmlText(child, `${indent}    `)).join("");
  return `${indent}<${name}>\n${children}${indent}</${name}>\n`;
}

/** First line of every file. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Names and their values. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/** An element whose children are texts, from an object in the order of its keys. */
export function row(name: string, values: Values): XmlElement {
  return [name, Object.entries(values).map(([key, value]) => [key, String(value)] as const)];
}

/** An element with attributes, on one line; `inner` is XML already. */
export function tag(name: string, attributes: Values, inner = ""): string {
  const texts = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(String(value)).replaceAll('"', "&quot;")}"`,
  );
  return inner === ""
    ? `<${name}${texts.join("")}/>`
    : `<${name}${texts.join("")}>${inner}</${name}>`;
}

/** Text as XML has it. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
