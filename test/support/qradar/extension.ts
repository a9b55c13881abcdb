import { parseXml, type XmlNode } from "./xml.ts";

/** The fields of an event that an extension may fill (IBM's guide to log source extensions). */
const FIELDS = new Set([
  "EventName",
  "EventCategory",
  "SourceIp",
  "SourceIpv6",
  "DestinationIp",
  "DestinationIpv6",
  "UserName",
  "DeviceTime",
]);

/** A log source extension, ready to read payloads. */
export interface Extension {
  /** Field -> value. A time stands there as text, its date format in `formats`. */
  read(payload: string): Map<string, string>;
  /** Field -> date format (`ext-data`). */
  readonly formats: ReadonlyMap<string, string>;
  /** Every pattern, as Java text. */
  readonly patterns: ReadonlyMap<string, string>;
}

interface Matcher {
  readonly field: string;
  readonly order: number;
  readonly regex: RegExp;
  /** The substitution: `\1` is the first group, other text stands for itself. */
  readonly capture: string;
}

/**
 * Reads an extension with Java patterns; throws on an element, attribute, field or reference that is not known, because a
 * console would refuse or, worse, ignore it.
 */
export function readExtension(xml: string): Extension {
  const root = parseXml(xml);
  expectNames(root, "device-extension", ["xmlns:ns2"]);
  if (root.attributes.get("xmlns:ns2") !== "event_parsing/device_extension") {
    throw new Error("Cannot read extension: the namespace must be event_parsing/device_extension");
  }
  const patterns = new Map<string, string>();
  const matchers: Matcher[] = [];
  const formats = new Map<string, string>();
  for (const node of root.children) {
    if (node.name === "pattern") {
      expectNames(node, "pattern", ["type", "id"]);
      if (attribute(node, "type") !== "JavaPattern") throw unknown(node, "type");
      patterns.set(attribute(node, "id"), node.text);
      continue;
    }
    expectNames(node, "match-group", ["order", "description"]);
    for (const child of node.children) readMatcher(child, patterns, matchers, formats);
  }
  matchers.sort((a, b) => a.order - b.order);
  return {
    patterns,
    formats,
    read(payload) {
      const fields = new Map<string, string>();
      for (const { field, regex, capture } of matchers) {
        const match = fields.has(field) ? null : regex.exec(payload);
        if (match === null) continue;
        fields.set(
          field,
          capture.replaceAll(/\\(\d)/g, (_, group) => match[Number(group)] ?? ""),
        );
      }
      return fields;
    },
  };
}

function readMatcher(
  node: XmlNode,
  patterns: ReadonlyMap<string, string>,
  matchers: Matcher[],
  formats: Map<string, string>,
): void {
  const source = patterns.get(attribute(node, "pattern-id"));
  if (source === undefined) throw unknown(node, "pattern-id");
  if (node.name === "event-match-multiple") {
    expectNames(node, node.name, ["force-qidmap-lookup-on-fixup", "send-identity", "pattern-id"]);
    if (attribute(node, "send-identity") !== "OverrideAndNeverSend")
      throw unknown(node, "send-identity");
    return;
  }
  expectNames(node, "matcher", [
    "order",
    "enable-substitutions",
    "capture-group",
    "pattern-id",
    "field",
    "ext-data",
  ]);
  const field = attribute(node, "field");
  if (!FIELDS.has(field)) throw unknown(node, "field");
  const format = node.attributes.get("ext-data");
  if (format !== undefined) formats.set(field, format);
  matchers.push({
    field,
    order: Number(attribute(node, "order")),
    regex: new RegExp(source),
    capture: attribute(node, "capture-group"),
  });
}

function expectNames(node: XmlNode, name: string, attributes: readonly string[]): void {
  if (node.name.replace(/^\w+:/, "") !== name) {
    throw new Error(`Cannot read extension: <${node.name}> must be <${name}>`);
  }
  for (const key of node.attributes.keys()) {
    if (!attributes.includes(key)) throw unknown(node, key);
  }
}

function attribute(node: XmlNode, key: string): string {
  const value = node.attributes.get(key);
  if (value === undefined) throw unknown(node, key);
  return value;
}

function unknown(node: XmlNode, key: string): Error {
  return new Error(
    `Cannot read extension: ${key} of <${node.name}> must be a known one: current value is "${node.attributes.get(key)}"`,
  );
}
