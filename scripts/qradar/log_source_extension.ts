import type { Mapping } from "./mapping.ts";
import { XML_DECLARATION } from "./xml.ts";

/** A pattern of the extension, and the field that its first group fills. */
interface Field {
  readonly field: string;
  readonly pattern: string;
  /** What the field becomes: the first group by default. */
  readonly capture?: string;
  /** Joda-Time format of a time. */
  readonly format?: string;
}

/** As the encoder writes the header's time, which is that of devTime. Joda-Time has no letter for "Z": a zone is written instead. */
const HEADER_TIME = { capture: "\\1 +0000", format: "yyyy-MM-dd'T'HH:mm:ss.SSS Z" };

/**
 * The log source extension. Regular expressions only, because their elements are known from real exports and older
 * releases read them; LEEF key patterns are not. They rely on the encoder: cat is the first attribute, and neither ^
 * nor TAB is inside a value. The time is taken from the syslog header, because a date format can be named for it;
 * whether an extension reads thirteen digits is not documented. Without use-default-pattern QRadar would run "adaptive
 * patterns", which are no Java regular expressions.
 */
export function logSourceExtension({ header }: Mapping): string {
  const leef = `LEEF:[12]\\.0\\|${header.vendor}\\|${header.product}\\|[^|]*\\|`;
  const fields: readonly Field[] = [
    { field: "EventName", pattern: `${leef}([^|]+)\\|` },
    { field: "EventCategory", pattern: `${leef}[^|]+\\|(?:[^|=]*\\|)?cat=(${VALUE})` },
    { field: "SourceIp", pattern: attribute("src", "\\d{1,3}(?:\\.\\d{1,3}){3}") },
    { field: "SourceIpv6", pattern: attribute("src", "[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+") },
    { field: "DestinationIp", pattern: attribute("dst", "\\d{1,3}(?:\\.\\d{1,3}){3}") },
    { field: "DestinationIpv6", pattern: attribute("dst", "[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+") },
    { field: "UserName", pattern: attribute("usrName", VALUE) },
    { field: "DeviceTime", pattern: "^(?:<\\d{1,3}>1 )?(\\S+)Z \\S+ LEEF:", ...HEADER_TIME },
  ];
  return [
    XML_DECLARATION,
    '<ns2:device-extension xmlns:ns2="event_parsing/device_extension">\n',
    ...fields.map(pattern),
    '    <pattern type="JavaPattern" id="AllEvents"><![CDATA[(.*?)]]></pattern>\n',
    '    <match-group order="1" description="Mimecast LEEF">\n',
    ...fields.map(matcher),
    '        <event-match-multiple force-qidmap-lookup-on-fixup="true" send-identity="OverrideAndNeverSend" pattern-id="AllEvents"/>\n',
    "    </match-group>\n",
    "</ns2:device-extension>\n",
  ].join("");
}

/** What a value can hold. A payload can end with the line's own end. */
export const VALUE = "[^\\^\\t\\r\\n]+";

/** An attribute whose whole value is `value`, as group 1; with either delimiter. */
export function attribute(key: string, value: string): string {
  const end = value === VALUE ? "" : "(?:[\\^\\t\\r\\n]|$)";
  return `[\\^\\t]${key}=(${value})${end}`;
}

function pattern({ field, pattern: regex }: Field): string {
  return `    <pattern use-default-pattern="true" type="JavaPattern" id="${field}-Pattern-1"><![CDATA[${regex}]]></pattern>\n`;
}

function matcher({ field, capture = "\\1", format }: Field): string {
  const data = format === undefined ? "" : ` ext-data="${format}"`;
  return `        <matcher order="1" enable-substitutions="true" capture-group="${capture}" pattern-id="${field}-Pattern-1" field="${field}"${data}/>\n`;
}
