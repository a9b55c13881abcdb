import { JODA_TIME, parseDate } from "./date_format.ts";
import { parseXml, type XmlNode } from "./xml.ts";

/** The fields of an event that an extension may fill (IBM's guide to log source extensions). */
const FIELDS = new Set([
  "EventName",
  "EventCategory",
  "SourceIp",
  "SourceIpv6",
  "SourcePort",
  "DestinationIp",
  "DestinationIpv6",
  "DestinationPort",
  "UserName",
  "DeviceTime",
  "Protocol",
]);

/** Attributes of each element, by real exports and IBM's tables of them; required ones first, others after the null. */
const ATTRIBUTES: Readonly<Record<string, readonly (string | null)[]>> = {
  "device-extension": ["xmlns:ns2"],
  pattern: ["id", "type", null, "case-insensitive", "trim-whitespace", "use-default-pattern"],
  "match-group": ["order", null, "description", "device-type-id-override"],
  matcher: [
    "field",
    "pattern-id",
    "order",
    null,
    "capture-group",
    "enable-substitutions",
    "ext-data",
  ],
  "json-matcher": ["field", "pattern-id", "order", null, "enable-substitutions", "ext-data"],
  "event-match-multiple": ["pattern-id", "send-identity", "force-qidmap-lookup-on-fixup"],
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  type: ["JavaPattern", "JsonKeypath"],
  "send-identity": [
    "UseDSMResults",
    "SendIfAbsent",
    "OverrideAndAlwaysSend",
    "OverrideAndNeverSend",
  ],
  "xmlns:ns2": ["event_parsing/device_extension"],
};

/** A log source extension, ready to read payloads. */
export interface Extension {
  /** Field -> value. */
  read(payload: string): Map<string, string>;
  /** The time that `DeviceTime` says, in ms; null where there is none, or the format is no format: QRadar takes the header's then. */
  time(fields: ReadonlyMap<string, string>): number | null;
  /** Every Java pattern by its id, as text. */
  readonly patterns: ReadonlyMap<string, string>;
  /** Field -> date format (`ext-data`). */
  readonly formats: ReadonlyMap<string, string>;
}

interface Matcher {
  readonly field: string;
  readonly order: number;
  readonly regex: RegExp;
  /** The substitution: `\1` is the first group, other text stands for itself. */
  readonly capture: string;
}

/**
 * Reads an extension; throws on an element, attribute, value, field or reference that is not known, because a console would
 * refuse or, worse, ignore it. Without `use-default-pattern` a pattern is "adaptive" and may match inconsistently (IBM's table
 * of pattern parameters): what can't be relied on fills no field here. Nor do patterns for JSON.
 */
export function readExtension(xml: string): Extension {
  const root = parseXml(xml);
  check(root, "device-extension");
  const nodes = root.children.filter(({ name }) => name === "pattern");
  for (const node of nodes) check(node, "pattern");
  const patterns = new Map(nodes.map((node) => [node.attributes.get("id")!, node]));
  const matchers: Matcher[] = [];
  const formats = new Map<string, string>();
  for (const group of root.children.filter((node) => !nodes.includes(node))) {
    check(group, "match-group");
    for (const node of group.children) {
      check(node, node.name);
      const pattern = patterns.get(node.attributes.get("pattern-id")!);
      if (pattern === undefined) throw unknown(node, "pattern-id");
      if (node.name === "event-match-multiple") continue;
      const field = node.attributes.get("field")!;
      if (!FIELDS.has(field)) throw unknown(node, "field");
      const format = node.attributes.get("ext-data");
      if (format !== undefined) formats.set(field, format);
      if (isPlain(pattern)) matchers.push(matcherOf(node, pattern));
    }
  }
  matchers.sort((a, b) => a.order - b.order);
  const java = nodes.filter(({ attributes }) => attributes.get("type") === "JavaPattern");
  return {
    patterns: new Map(java.map(({ attributes, text }) => [attributes.get("id")!, text])),
    formats,
    read: (payload) => readFields(matchers, payload),
    time: (fields) => timeOf(formats.get("DeviceTime"), fields.get("DeviceTime")),
  };
}

function isPlain({ attributes }: XmlNode): boolean {
  return (
    attributes.get("type") === "JavaPattern" && attributes.get("use-default-pattern") === "true"
  );
}

function matcherOf(node: XmlNode, pattern: XmlNode): Matcher {
  return {
    field: node.attributes.get("field")!,
    order: Number(node.attributes.get("order")),
    regex: new RegExp(pattern.text),
    capture: node.attributes.get("capture-group") ?? "",
  };
}

function readFields(matchers: readonly Matcher[], payload: string): Map<string, string> {
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
}

function timeOf(format: string | undefined, text: string | undefined): number | null {
  if (format === undefined || text === undefined) return null;
  try {
    return parseDate(JODA_TIME, format, text);
  } catch {
    return null;
  }
}

function check(node: XmlNode, name: string): void {
  const known = ATTRIBUTES[name];
  if (known === undefined || node.name.replace(/^\w+:/, "") !== name) {
    throw new Error(`Cannot read extension: <${node.name}> must be <${name}>`);
  }
  const optional = known.indexOf(null);
  const required = optional < 0 ? known : known.slice(0, optional);
  for (const key of required) if (!node.attributes.has(key!)) throw unknown(node, key!);
  for (const [key, value] of node.attributes) {
    const values = VALUES[key];
    if (!known.includes(key) || values?.includes(value) === false) throw unknown(node, key);
  }
}

function unknown(node: XmlNode, key: string): Error {
  return new Error(
    `Cannot read extension: ${key} of <${node.name}> must be a known one: current value is "${node.attributes.get(key)}"`,
  );
}
